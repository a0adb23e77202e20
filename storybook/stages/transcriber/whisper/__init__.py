"""The whisper transcriber: speech to text on this machine, with faster-whisper (CTranslate2).

The **engine** decodes a recording, finds the voice in it, and gives what is voice to the
**model**, one request after the other. A clip without a voice never reaches the model.
"""
