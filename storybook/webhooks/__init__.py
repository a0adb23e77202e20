"""Webhooks: a caller is told what becomes of his book, at the address that he asked for it with.

- A **notice** is what an event of such a run gives reason to tell: a page is ready, the run ended.
- A **delivery** is one notice for one address, until it is taken or given up. It is kept beside the
  log (`storybook.stores.deliveries`), without what it tells: that is read from the log each time.
- The **planner** follows the log and plans deliveries; deliveries and the place in the log change
  in one transaction, so that a crash loses none.
- The **sender** makes one **attempt** after another at what is due, as the **schedule** says. One
  that crashed before it was noted is made again, with the same id.
- The **receiver** is whoever answers there. It is believed nothing, and waited for only by its own
  deliveries.

What is sent is signed as Standard Webhooks 1.0 says (https://www.standardwebhooks.com).
"""
