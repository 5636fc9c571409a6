"""What lines say: words, sentences, templates."""
