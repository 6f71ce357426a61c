"""The picture of a selection: one SVG that needs nothing else, with every candidate on it or named below it."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise

import pytest

from lockgate.adapters.pages.selection import Frame, SelectionPlots, axes, points
from lockgate.domain.making.group_counts import Disparity
from lockgate.domain.making.selection import Limits, Standing, select

SVG = "{http://www.w3.org/2000/svg}"
LIMITS = Limits(floor=0.92, equalized_odds=0.2)


def standing(name, value, odds):
    return Standing(name, "fake", value, disparities=(Disparity("sex", 0.1, odds), Disparity("race", 0.1, None)))


@pytest.fixture
def selection():
    return select("roc_auc", [standing("plain", 0.931, 0.13), standing("fair", 0.928, 0.04)], 400)


def draw(selection, limits=LIMITS):
    return SelectionPlots().selection(selection, limits)


def words(picture):
    return " ".join(element.text or "" for element in ET.fromstring(picture).iter())


def test_it_needs_nothing_else_and_escapes_what_it_is_given(selection):
    picture = draw(replace(selection, standings=(*selection.standings, Standing("x", "", None, "<script>"))))
    assert "href" not in picture
    assert not list(ET.fromstring(picture).iter(f"{SVG}script"))
    assert "<script>" in words(picture)


def test_every_candidate_is_a_point_with_its_numbers_and_the_winner_is_filled(selection):
    picture = draw(selection)
    assert "plain: 0.9310, 0.130" in words(picture)
    assert "fair: 0.9280, 0.040" in words(picture)
    (winner,) = (circle for circle in ET.fromstring(picture).iter(f"{SVG}circle") if "winner" in circle.get("class"))
    assert winner.find(f"{SVG}title").text == "plain"


def test_the_limits_of_the_policy_are_lines_and_those_that_it_lacks_are_not(selection):
    assert "accuracy.floor 0.92" in words(draw(selection))
    assert "max_equalized_odds_difference 0.2" in words(draw(selection))
    bare = draw(selection, Limits())
    assert 'class="limit"' not in bare


def test_one_without_metric_or_without_fairness_is_named_and_not_drawn(selection):
    lost = (Standing("gone", "", None, "not trained"), standing("alone", 0.9, None))
    picture = draw(replace(selection, standings=(*selection.standings, *lost)))
    assert len(list(ET.fromstring(picture).iter(f"{SVG}circle"))) == 2
    assert "Not drawn: gone: not trained" in words(picture)
    assert "Not drawn: alone: no group to compare" in words(picture)


def test_the_better_is_above_whatever_the_direction_of_the_metric(selection):
    loss = select("log_loss", [standing("plain", 0.3, 0.13), standing("fair", 0.2, 0.04)], 400)
    for chosen, best in ((selection, "plain"), (loss, "fair")):
        shown = [(s.candidate, s.value, s.equalized_odds) for s in chosen.standings]
        drawn = points(Frame(), *axes(Frame(), chosen, Limits()), shown, None)
        assert min(drawn, key=lambda point: point.y).name == best
    assert "lower is better" in words(draw(loss))


def test_labels_of_equal_candidates_do_not_overlap():
    same = select("roc_auc", [standing(name, 0.9, 0.1) for name in "abcd"], 400)
    shown = [(s.candidate, s.value, s.equalized_odds) for s in same.standings]
    heights = sorted(point.text_y for point in points(Frame(), *axes(Frame(), same, LIMITS), shown, None))
    assert all(second - first >= 15 for first, second in pairwise(heights))


def test_nothing_at_all_is_still_a_picture():
    assert "Not drawn: a: not trained" in words(draw(select("roc_auc", [Standing("a", "", None, "not trained")], 400)))


def test_equal_values_give_equal_text(selection):
    assert draw(selection) == draw(replace(selection))
