"""The log and what is in it.

`catalog` has the event types, `codec` their bytes, `log` the contract that every log keeps,
`sqlite` the embedded log, and `verify` the digest chain that shows whether anyone touched it.
"""
