"""Do the labels of a store say what its pictures show? A reader answers, line by line."""
