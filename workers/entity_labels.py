"""How the labels of common tag sets map to CoNLL's four."""

ONTONOTES_TO_CONLL = {
    "PERSON": "PER",
    "ORG": "ORG",
    "GPE": "LOC",
    "LOC": "LOC",
    "FAC": "LOC",
    "NORP": "MISC",
    "EVENT": "MISC",
    "PRODUCT": "MISC",
    "WORK_OF_ART": "MISC",
    "LAW": "MISC",
    "LANGUAGE": "MISC",
}
CONLL_LABELS = ONTONOTES_TO_CONLL | {"PER": "PER", "ORGANIZATION": "ORG", "LOCATION": "LOC", "MISC": "MISC"}
