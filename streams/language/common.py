"""Common: words that are in most news, by rough guess; they only steer what is looked at first."""

_WORDS = """
    a about after again against all also an and another any are as at back be because been
    before being between big both but by can chief city company could country day days deal
    did do down during each early end even expected first five for former four from game get
    go good government group had has have he head help her high him his home hours how if in
    including into is it its just key last late latest leader leaders least less like long
    lost lot made major make man many market may million minister monday month months more
    most much national near new news next night no not now of off officials oil old on one
    only open or other our out over own part people per percent plan plans play police
    president prices put quarter report reports right said sales saturday say says second
    season security set seven several shares she should six so some state states still stock
    stocks such sunday take team than that the their them then there these they third this
    those three through thursday time to today told top tuesday two under united up us use
    war was wednesday week weeks well were what when where which while who will win with
    work world would year years yesterday yet you friday
"""
COMMON = frozenset(_WORDS.split())
"""About 250 English words, folded."""
