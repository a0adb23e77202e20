"""The characters: a **plan** is a kind's body, a **look** what a name adds to it, and a **figure**
is one of them being painted, assembled from body, clothes, head and face."""
