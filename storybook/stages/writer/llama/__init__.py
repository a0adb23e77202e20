"""Writing by a GGUF model in this process, by llama.cpp: grammar, chat template, decoding."""
