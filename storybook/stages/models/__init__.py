"""The models that engines work with: which are known, which are there, and how to get one.

- The **index** names the models that are known to work, their files, sizes and digests.
- The **ledger** remembers the digest of each file, so that gigabytes are not read for each listing,
  and what a file's digest was when it was downloaded.
- The **inventory** says what is there of each model, and what else lies about.
- A **download** brings one file: into a part beside its place, resumed, checked, then renamed.
- What **packages** of Python carry of a model is put together and checked in the same way.
"""
