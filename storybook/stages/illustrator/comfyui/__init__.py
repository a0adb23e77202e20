"""The illustrator `comfyui`: pictures are given to ComfyUI servers and fetched from them.

- A **workflow** is a file of the user's; of it a **graph** is made that the server executes. Its
  **roles** are the places in it that take the prompt, the seed, the size and the file's name.
- A **prompt** is one graph given to a server, under an id of our own.
- Its **state** follows from the server's queue and history, and from nothing else.
- The **listener** hear its websocket, which tells how far it is and when to look at the history.
- An **endpoint** is a server in the **pool**: free, taken, or left out for a while.

From the ground up: `graph`, `node_types` and the package `editor` read a file; `wiring`, `texts`,
`sizes` and `roles` find the places in it; `problems`, `faults`, `prepare`, `explain` and `workflow`
say what is submitted and what stands in its way; `state`, `progress`, `png`, `fitting` and `broken`
judge what comes back. All these are pure. `client` and `listener` speak to a server; `follow`,
`picture` and `endpoint_check` see one picture or one look through; `pool`, `launcher` and `engine`
see to many.
"""
