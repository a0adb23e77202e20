"""The contract of the log and what is in it.

`catalog` has the event types, `codec` their bytes, `log` the contract that every log keeps,
`subscription` how one follows it, `parked` what becomes of a run that cannot be read. The
logs themselves are stores (`storybook.stores`).
"""
