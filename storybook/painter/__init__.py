"""The painter: watercolor pictures by rule, with no model.

- A **scene** says what a page shows: place, era, hour, the cast, the page's role (`scene`). It is
  read from the page's prompt and the book's request (`reading`).
- A **setting** is a place with its landmarks (`places`); a **figure** is a character with the look
  that its name gives it (`creatures`); `layout` says who stands where.
- The **brush** lays washes and lines on a canvas (`pigment`, `shapes`, `palette`).
- The **sheet** turns that canvas into a dried watercolor (`paper`), written as `png`.

`compose` puts a scene together, `picture` is the whole way from a task to bytes, and `engine`
does it in worker processes.
"""
