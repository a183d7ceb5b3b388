"""Put noise into a CoNLL file. Needs no database and no server."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workers.iob2 import entities_to_tags


class Command(BaseCommand):
    help = (
        "Write IN.conll with noise in its tokens. Their number and the tags stay as they are, so that a "
        "prediction on the noisy file can be scored against the clean one's gold; but for split and merge, "
        "which move the tags along."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        from workers.noise import NOISES, WHERE

        kinds = "; ".join(f"{name}: {what}" for name, what in NOISES.items())
        parser.add_argument("input", type=Path, metavar="IN.conll")
        parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.conll")
        parser.add_argument("--type", choices=NOISES, help=kinds)
        parser.add_argument(
            "--severity", type=float, default=0.1, metavar="P",
            help="chance of every token that can be changed, 0 to 1 (default: 0.1)",
        )  # fmt: skip
        parser.add_argument("--where", choices=WHERE, default="both", help="which tokens (default: both)")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--language", default="und", help="BCP 47 code, for numbers in words")
        parser.add_argument("--log", type=Path, metavar="CHANGES.jsonl", help="write every change")
        parser.add_argument("--replay", type=Path, metavar="CHANGES.jsonl", help="make these changes again")
        group = parser.add_argument_group("what the noise draws from")
        group.add_argument(
            "--names", type=Path, metavar="FILE.conll",
            help="names for 'entities' (default: those of the input itself)",
        )  # fmt: skip
        group.add_argument(
            "--unseen-by", type=Path, nargs="+", default=[], metavar="TRAIN.conll",
            help="draw no name that occurs in these files",
        )  # fmt: skip
        group.add_argument(
            "--lexicon", type=Path, metavar="WORDS.tsv",
            help="for 'code-switch': word, tab, foreign word on each line",
        )  # fmt: skip
        group.add_argument(
            "--source", type=Path, metavar="SOURCE.conll",
            help="for 'code-switch' with --links: the source sentences whose words are put in",
        )  # fmt: skip
        group.add_argument("--links", type=Path, metavar="LINKS.pharaoh", help="source-target word links")

    def handle(self, *_args: Any, **options: Any) -> None:
        from workers.conll import read_conll, replace_file
        from workers.noise import apply_changes, moved_entities

        try:
            if bool(options["type"]) == bool(options["replay"]):
                raise ValueError("give either --type or --replay")
            sentences = read_conll(options["input"])
            if options["replay"]:
                changes = read_changes(options["replay"])
                tokens = apply_changes([sentence.tokens for sentence in sentences], changes)
            else:
                tokens, changes = add_noise(sentences, options)
            labelled = [(sentence.tokens, sentence.entities) for sentence in sentences]
            moved = moved_entities(labelled, changes)
            with replace_file(options["output"]) as output:
                for words, sentence, entities in zip(tokens, sentences, moved, strict=True):
                    write_sentence(output, words, entities if sentence.tags is not None else None)
            if options["log"]:
                with replace_file(options["log"]) as log:
                    log.writelines(
                        json.dumps(change._asdict(), ensure_ascii=False) + "\n" for change in changes
                    )
        except (ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        n_tokens = sum(map(len, tokens))
        self.stdout.write(f"{len(changes)} of {n_tokens} tokens changed in {len(tokens)} sentences")


def add_noise(sentences: list[Any], options: dict[str, Any]) -> tuple[list[list[str]], list[Any]]:
    from workers.conll import read_conll
    from workers.noise import CODE_SWITCH, ENTITIES, NoiseSetting, perturb
    from workers.noise.names import NamePool, names_of

    setting = NoiseSetting(
        options["type"], options["severity"], options["where"], options["seed"], options["language"]
    )
    if setting.where != "both" or setting.noise == ENTITIES:
        for sentence in sentences[:1]:
            if sentence.tags is None:
                raise ValueError(
                    f"{options['input']}:{sentence.line}: no tags that tell entities from context"
                )
    labelled = [(sentence.tokens, sentence.entities) for sentence in sentences]
    names = foreign = None
    if setting.noise == ENTITIES:
        known = [(s.tokens, s.entities) for path in options["unseen_by"] for s in read_conll(path)]
        pool = [(s.tokens, s.entities) for s in read_conll(options["names"] or options["input"])]
        names = NamePool(pool, without=names_of(known))
    if setting.noise == CODE_SWITCH:
        foreign = foreign_words(sentences, options)
    return perturb(labelled, setting, names=names, foreign=foreign)


def foreign_words(sentences: list[Any], options: dict[str, Any]) -> list[dict[int, str]]:
    """Per sentence, the foreign word of each token that has exactly one."""
    from workers.conll import read_conll
    from workers.noise.foreign import from_lexicon, from_links, read_lexicon
    from workers.project.files import SentencePair, read_links

    tokens = [sentence.tokens for sentence in sentences]
    if options["lexicon"]:
        return from_lexicon(tokens, read_lexicon(options["lexicon"]))
    if not (options["source"] and options["links"]):
        raise ValueError("code-switch needs --lexicon, or --source with --links")
    source = [sentence.tokens for sentence in read_conll(options["source"])]
    if len(source) != len(tokens):
        raise ValueError(f"{options['source']} has {len(source)} sentences, the input has {len(tokens)}")
    pairs = [SentencePair(left, right, []) for left, right in zip(source, tokens, strict=True)]
    links = [alignment.links.tolist() for alignment in read_links(options["links"], pairs)]
    return from_links(source, links)


def read_changes(path: Path) -> list[Any]:
    """The changes of a log. Raises ValueError naming the first line that is none."""
    from workers.noise import Change
    from workers.text_lines import read_lines

    changes = []
    for number, line in read_lines(path):
        if not line.strip():
            continue
        try:
            changes.append(Change(**json.loads(line)))
        except (json.JSONDecodeError, TypeError) as error:
            raise ValueError(f"{path}:{number}: not a change of perturb_conll: {error}") from error
    return changes


def write_sentence(output: Any, words: list[str], entities: list[Any] | None) -> None:
    """entities: None where the sentence has no tags."""
    if entities is None:
        output.writelines(f"{word}\n" for word in words)
    else:
        tags = entities_to_tags(entities, len(words))
        output.writelines(f"{word} {tag}\n" for word, tag in zip(words, tags, strict=True))
    output.write("\n")
