"""The contract of the log and what is in it.

`catalog` has the event types, `codec` their bytes, `log` the contract that every log keeps. The
logs themselves are stores (`storybook.stores`).
"""
