"""What a run may choose, in names and lines: for forms and commands, which load no model.

The registries are imported where they are asked for.
"""


def known_names() -> dict[str, dict[str, str]]:
    """What each choice of a run may name, a line on each; defaults first.

    Which of them a route reads is in `route_fields`.
    """
    from workers.align import ALIGNERS, DEFAULT_ALIGNER
    from workers.catalogue import describe_names
    from workers.project import DEFAULT_METHOD, METHODS
    from workers.routes import BACK_TRANSLATIONS, MARKERS, ROUTES
    from workers.tag import DEFAULT_TAGGER, DEFAULT_TARGET_TAGGER, TAGGERS
    from workers.translate import DEFAULT_TRANSLATOR, TRANSLATORS

    return {
        "route": {name: route.summary for name, route in ROUTES.items()},
        "translator": describe_names(TRANSLATORS, DEFAULT_TRANSLATOR),
        "markers": dict(MARKERS),
        "back_translation": dict(BACK_TRANSLATIONS),
        "tagger": describe_names(TAGGERS, DEFAULT_TAGGER),
        "aligner": describe_names(ALIGNERS, DEFAULT_ALIGNER),
        "method": describe_names(METHODS, DEFAULT_METHOD),
        "target_tagger": describe_names(TAGGERS, DEFAULT_TARGET_TAGGER),
    }


def route_fields() -> dict[str, tuple[str, ...]]:
    """Route -> those choices of a run (keys of `known_names`) that it reads."""
    from workers.routes import ROUTES

    return {name: route.fields for name, route in ROUTES.items()}


def given_sides() -> dict[str, tuple[str, ...]]:
    """Route -> the sides that a pair must have for it, "source" or "target"."""
    from workers.routes import ROUTES

    return {name: route.given for name, route in ROUTES.items()}


def gap_choices() -> dict[str, tuple[str, ...]]:
    """What a gap report may choose: noises, severities, and the tokens that noise is on."""
    from workers.noise import NOISES, SEVERITIES, WHERE

    return {"noise": tuple(NOISES), "severity": tuple(map(str, SEVERITIES)), "where": WHERE}
