"""Readers of documents by kind of file. What comes in is data of strangers: nothing in it is run or fetched."""
