"""Writers: engines that turn a request into the text and image prompts of a book's five pages."""
