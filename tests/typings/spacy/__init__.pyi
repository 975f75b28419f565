# The part of spaCy's interface that is used here.
from spacy.language import Language

def load(name: str) -> Language: ...
