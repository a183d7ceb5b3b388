"""The pipeline: translate, tag, align, project. Plain Python, except store.py and tasks.py."""
