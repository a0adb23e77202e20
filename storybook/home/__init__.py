"""What a server at home shows the devices of the house, so that their browsers trust it.

- **Server names** (`names.py`): by which names and addresses the devices reach this machine.
- **Authority** (`authority.py`): signs certificates for names and addresses at home, and for no
  others. Each device is told once to trust it.
- **Server certificate** (`authority.py`): says that this server is the one of those names.
- **Home identity** (`identity.py`): the two as they are kept in the data folder, and made anew in
  time.
- **Profile** (`profile.py`): the authority in the form that an iPad takes.
"""
