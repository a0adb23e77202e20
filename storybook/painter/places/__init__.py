"""The places: each **setting** paints what lies behind and in front of the characters, a **view**
adds a landmark to it, and a **crisis** what goes wrong there."""
