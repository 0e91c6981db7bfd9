"""What must be accepted before a change is written: what stops it, what it opens, what is not ours."""

from __future__ import annotations

from mailtui.apply.course import Ended, Options
from mailtui.apply.review import Review


def accepted(review: Review, options: Options) -> list[str]:
    """What the history says of that which was insisted on. Raises Ended where something is not accepted."""
    if review.blocking:
        raise Ended("refused", "\n".join(str(found) for found in review.blocking))
    _require_insisted(review, options)
    _require_not_yours(review, options)
    return [f"in spite of this: {each}" for each in review.dangers]


def _require_insisted(review: Review, options: Options) -> None:
    """What the change opens must have been insisted on, by one who saw it."""
    wanted = options.accept_dangers
    seen = review.dangers if wanted is True else wanted or ()
    left = [each for each in review.dangers if each not in seen]
    if left:
        raise Ended("refused", "\n".join(str(each) for each in left))


def _require_not_yours(review: Review, options: Options) -> None:
    """What others saved and did not compile must have been accepted, by one who saw it."""
    wanted = options.accept_not_yours
    if wanted is True or not review.not_yours:
        return
    left = [each for each in review.not_yours if wanted is False or each not in wanted]
    if left:
        words = "; ".join(each.brief for each in left[:5]) + (
            f"; and {len(left) - 5} more" if left[5:] else ""
        )
        raise Ended("refused", f"goes live with this, not yours: {words}; accept it, or write without it")
