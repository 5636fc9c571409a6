"""Lines as a hand writes them: letters of a face taken apart and moved, pens, papers, and what people draw beside their words."""
