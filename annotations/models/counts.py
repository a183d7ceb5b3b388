"""How many pairs are where, without counting them."""

from django.db import models

from annotations.querysets import PairCountQuerySet


class PairCount(models.Model):
    """A signed change in the numbers of one project and target language; the sum of its rows is the number.

    Only the triggers of the pair table write here, so that the sums are exact whoever writes pairs (COPY and
    bulk updates included). Rows are added, never updated: nobody waits for anybody's counter. Now and then a
    trigger folds the rows of a project into one per language.
    """

    project = models.ForeignKey(
        "annotations.Project",
        on_delete=models.CASCADE,
        related_name="pair_counts",
        db_index=False,  # pair_count_of_project begins with it
    )
    target_language = models.CharField(max_length=35)
    n_pairs = models.IntegerField()
    n_awaiting = models.IntegerField()
    n_reviewed = models.IntegerField()
    n_skipped = models.IntegerField()
    n_flagged = models.IntegerField()

    objects = PairCountQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["project", "target_language"], name="pair_count_of_project")]

    def __str__(self) -> str:
        return f"{self.n_pairs:+} pairs of {self.target_language} in project {self.project_id}"
