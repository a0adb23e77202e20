"""What an operator sees of a running service: figures and log lines.

An **attempt** that has ended is heard of from the log (`attempts`), by a subscription like all
others; the **metrics** (`metrics`) count it, and a **line** (`lines`) tells of it, written as all
lines are (`logs`). What passes elsewhere (requests, appends) tells the metrics itself, at one place
each; what stands (a queue, free space) is asked for when somebody looks.
"""
