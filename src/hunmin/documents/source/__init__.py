"""Where the pages of a document come from: PDFs, TIFFs of several pages, single images."""
