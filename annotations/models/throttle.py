"""How often somebody who is not signed in has asked for something."""

from django.db import models


class Throttle(models.Model):
    """A count that starts again when its time is over. The key is a keyed hash: no address is kept."""

    key = models.CharField(max_length=64, primary_key=True)
    n = models.PositiveIntegerField()
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.n} until {self.until:%Y-%m-%d %H:%M}"
