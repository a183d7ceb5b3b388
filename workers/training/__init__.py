"""Fine-tuning of token classifiers on gold and silver sentences: files in, a model folder out."""
