"""How far systems fall apart on noisy text of another domain: the gap report.

Systems x test domains x noise x severity, by exact match, with paired bootstrap over sentences; design and
measures follow section 4.1 of the study design.
"""
