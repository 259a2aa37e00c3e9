"""When a difference is more than chance. Pure arithmetic; the names are those of the textbooks."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from hastecrm.core.analysis.traffic import Series, Traffic

RARELY: Final = 0.05
_CERTAIN: Final = 1000.0
_STAKES: Final = (0.25, 0.5, 0.75)  # the small find small differences, the large find large ones soon
_NO_LIMIT_IS_LESS: Final = 0.001  # a bet needs something to lose
_EXPECTED: Final = 5.0  # from so many on, a share is taken as it is counted
_ON_A_ROUTE: Final = 30.0
_ALTOGETHER: Final = 100.0
_SLOW: Final = 0.05
_TIMES: Final = 2.0
_Z: Final = 3.09  # one-sided, 0.001


def tail(found: int, total: int, share: float) -> float:
    """Return how probable `found` bad ones or more of `total` are, if each is so with this probability.

    The upper tail of the binomial distribution, for `found` above its mean.
    """
    if found <= 0:
        return 1.0
    if share <= 0 or found > total:
        return 0.0
    if share >= 1:
        return 1.0
    term = math.exp(
        math.lgamma(total + 1)
        - math.lgamma(found + 1)
        - math.lgamma(total - found + 1)
        + found * math.log(share)
        + (total - found) * math.log1p(-share)
    )
    odds, summed = share / (1 - share), 0.0
    for each in range(found, total + 1):
        summed += term
        term *= odds * (total - each) / (each + 1)
        if term < summed * 1e-9 and each > total * share:
            break
    return min(1.0, summed)


def exceeds(found: float, total: float, share: float) -> bool:
    """Whether more than a share are bad.

    Where at least five bad ones would be within the limit, it is counted: the limit is the limit. Of fewer
    requests one or two bad ones say little, so there must be as many as a release that just keeps the limit
    would show once in 20 times only.
    """
    if found <= total * share:
        return False
    return total * share >= _EXPECTED or tail(math.floor(found), round(total), share) < RARELY


def is_certain(shares: Iterable[float], limit: float) -> bool:
    """Whether more than a share are bad, with certainty, however often one asks: it errs once in 1000 times.

    `shares` are those of the bad ones, from 0 to 1, moment by moment. As bad ones come in bursts, a moment
    counts once, however many it had. It is a bet against the release: each moment multiplies what is owned.
    While no more than `limit` is to be expected, nobody wins on average, so by Ville's inequality (1939)
    1000 times the beginning is ever reached with a probability of 1/1000 at most; a binomial test that is
    asked again and again promises no such thing. Waudby-Smith and Ramdas, "Estimating means of bounded random
    variables by betting", J. R. Stat. Soc. B 86 (2024). Three ways to bet with a third each are one way.
    """
    limit = max(limit, _NO_LIMIT_IS_LESS)
    owned = [1.0] * len(_STAKES)
    for share in shares:
        won = (share - limit) / limit
        # Nothing is won beyond ten thousand, so that good moments afterwards can still bring it down.
        owned = [min(1e4, each * (1 + stake * won)) for each, stake in zip(owned, _STAKES, strict=True)]
    return sum(owned) / len(owned) >= _CERTAIN


@dataclass(frozen=True, slots=True)
class _Stratum:
    """One route: requests of both sides, and those of them that took longer than 95 % did before."""

    new: float
    old: float
    new_slow: float
    old_slow: float


def is_comparable(new: Traffic, old: Traffic) -> bool:
    """Whether each side answered 100 requests on routes that both answered at least 30 times."""
    strata = list(_strata(new, old))
    return min(sum(each.new for each in strata), sum(each.old for each in strata)) >= _ALTOGETHER


def is_slower(new: Traffic, old: Traffic) -> bool:
    """Whether the new release is slower than the old one, route by route, so that another mix does not count.

    Of each route that both sides answered at least 30 times, it is counted how many requests took longer than
    95 % did in the old release. The Cochran-Mantel-Haenszel test says whether there are more of them than
    chance gives once in 1000 times; and there must be twice as many, and more than 10 %. It says nothing
    (False) unless they are comparable. Cochran (1954), Mantel and Haenszel (1959).
    """
    if not is_comparable(new, old):
        return False
    strata = list(_strata(new, old))
    answered = sum(each.new for each in strata)
    found = sum(each.new_slow for each in strata)
    # What to expect had nothing changed; where buckets are wide, it may be far less than the 5 % allowed.
    before = max(_SLOW * answered, sum(each.new * each.old_slow / each.old for each in strata))
    expected = variance = 0.0
    for each in strata:
        total, slow = each.new + each.old, each.new_slow + each.old_slow
        expected += each.new * slow / total
        variance += each.new * each.old * slow * (total - slow) / (total * total * (total - 1))
    return found > _TIMES * before and variance > 0 and (found - expected) / math.sqrt(variance) > _Z


def _strata(new: Traffic, old: Traffic) -> Iterator[_Stratum]:
    for route in new.keys() & old.keys():
        one, other = new[route], old[route]
        if min(one.timed, other.timed) < _ON_A_ROUTE:
            continue
        if (bound := _usual(one, other)) is not None:
            slow = (one.timed - one.within[bound], other.timed - other.within[bound])
            yield _Stratum(one.timed, other.timed, *slow)


def _usual(new: Series, old: Series) -> float | None:
    """Return the smallest bound that both know and that the old release kept in 95 % of its answers."""
    bounds = sorted(le for le in new.within.keys() & old.within.keys() if not math.isinf(le))
    return next((le for le in bounds if old.within[le] >= (1 - _SLOW) * old.timed), None)
