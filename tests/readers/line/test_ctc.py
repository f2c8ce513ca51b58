"""Hold the decoder to brute force: every alignment of every text, on tiny inputs."""

from collections import defaultdict
from itertools import groupby, pairwise, product, takewhile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from digitsolver.errors import SegmentationError
from digitsolver.readers.line.ctc import (
    best_path,
    decode,
    decode_positions,
    force_align,
    length_probability,
    log_likelihoods,
    most_probable_text,
    posterior,
    rate,
    search,
)
from tests.readers.line.prepared import frames_of

ALPHABET = "0123456789"


def by_hand(frames: NDArray[np.float64]) -> dict[tuple[int, ...], float]:
    """Return the probability of each text, from all paths."""
    blank = frames.shape[1] - 1
    found: dict[tuple[int, ...], float] = defaultdict(float)
    for path in product(range(blank + 1), repeat=len(frames)):
        text = tuple(one for one, _ in groupby(path) if one != blank)
        found[text] += float(np.prod(frames[np.arange(len(path)), path]))
    return found


def spoken(text: str, frames: int = 36, sure: float = 0.98) -> NDArray[np.float64]:
    """Return logarithms (frames, 11) that say `text`, each character in two frames."""
    chances = np.full((frames, 11), (1 - sure) / 10)
    chances[:, -1] = sure
    for index, one in enumerate(text):
        rows = slice(4 * index + 1, 4 * index + 3)
        chances[rows] = (1 - sure) / 10
        chances[rows, int(one)] = sure
    return np.asarray(np.log(chances))


@st.composite
def some_frames(draw: st.DrawFn) -> NDArray[np.float64]:
    size = draw(st.integers(1, 5))
    classes = draw(st.integers(2, 4))
    spread = draw(st.sampled_from([0.0, 0.5, 2.0, 8.0]))
    values = np.random.default_rng(draw(st.integers(0, 2**32))).normal(0, 1, (size, classes))
    chances = np.exp(spread * values)
    return np.asarray(chances / chances.sum(axis=1, keepdims=True))


# --- the most probable text -----------------------------------------------------------------


@given(some_frames())
@settings(max_examples=150, deadline=None)
def test_free_length_is_the_most_probable_text(frames: NDArray[np.float64]) -> None:
    alphabet = "abc"[: frames.shape[1] - 1]
    all_texts = by_hand(frames)
    found = decode(np.log(frames), alphabet)
    best = max(all_texts.values())
    assert found.exact
    assert found.confidence == pytest.approx(best, rel=1e-9)
    assert all_texts[tuple(map(alphabet.index, found.text))] == pytest.approx(best, rel=1e-9)


@given(some_frames(), st.integers(1, 5))
@settings(max_examples=150, deadline=None)
def test_given_length_is_the_most_probable_text_of_that_length(
    frames: NDArray[np.float64], length: int
) -> None:
    alphabet = "abc"[: frames.shape[1] - 1]
    fitting = {text: chance for text, chance in by_hand(frames).items() if len(text) == length}
    if not fitting:
        with pytest.raises(SegmentationError, match=rf"characters in \d frames, found {length}"):
            decode(np.log(frames), alphabet, length=length)
        return
    found = decode(np.log(frames), alphabet, length=length)
    best, whole = max(fitting.values()), sum(fitting.values())
    assert found.exact
    assert len(found.text) == length
    assert fitting[tuple(map(alphabet.index, found.text))] == pytest.approx(best, rel=1e-9)
    assert found.confidence == pytest.approx(best, rel=1e-9)
    assert found.confidence_given_length == pytest.approx(best / whole, rel=1e-9)
    assert length_probability(frames, length) == pytest.approx(whole, rel=1e-9)


@given(some_frames(), st.none() | st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_search_alone_agrees(frames: NDArray[np.float64], length: int | None) -> None:
    fitting = [chance for text, chance in by_hand(frames).items() if length in {None, len(text)}]
    found = most_probable_text(frames, length)
    assert (found is None) == (not fitting)
    if found:
        assert found.exact
        assert found.probability == pytest.approx(max(fitting), rel=1e-9)


def test_best_text_is_not_that_of_the_best_path() -> None:
    frames = np.log([[0.4, 0.6], [0.4, 0.6]])  # two blanks 0.36; one character 0.64
    assert decode(frames, "a").text == "a"
    assert decode(frames, "a").confidence == pytest.approx(0.64)


def test_empty_text_may_be_the_best() -> None:
    found = decode(np.log([[0.1, 0.9], [0.1, 0.9]]), "a")
    assert (found.text, found.confidences, found.spans) == ("", (), ())
    assert found.confidence == pytest.approx(0.81)


@pytest.mark.parametrize("text", ["7", "1111", "09", "33", "12345678", "00000000"])
def test_plain_texts_are_read(text: str) -> None:
    for length in (None, len(text)):
        found = decode(spoken(text), ALPHABET, length=length)
        assert found.text == text
        assert found.exact
        assert found.spans == tuple((4 * i + 1, 4 * i + 2) for i in range(len(text)))


def test_one_equal_neighbour_more_or_less_is_the_best_of_that_length() -> None:
    logprobs = spoken("1111")
    assert decode(logprobs, ALPHABET, length=3).text == "111"
    longer = decode(logprobs, ALPHABET, length=5)
    assert len(longer.text) == 5
    assert longer.confidence < 0.5


def test_tightest_fit_alternates() -> None:
    """Six equal frames hold six characters only where neighbours differ."""
    chances = np.tile([0.9, 0.05, 0.05], (6, 1))
    found = decode(np.log(chances), "ab", length=6)
    assert found.text in {"ababab", "bababa"}
    assert decode(np.log(chances), "ab", length=6, allowed="ab").text == found.text
    with pytest.raises(SegmentationError, match="at most 3 characters in 6 frames, found 4"):
        decode(np.log(chances), "ab", length=4, allowed="a")
    assert decode(np.log(chances), "ab", length=3, allowed="a").text == "aaa"


# --- sums and single paths, against all paths ---------------------------------------------------


def text_of(path: tuple[int, ...], blank: int) -> tuple[int, ...]:
    return tuple(one for one, _ in groupby(path) if one != blank)


@given(some_frames())
@settings(max_examples=60, deadline=None)
def test_sums_are_those_over_all_paths(frames: NDArray[np.float64]) -> None:
    all_texts = by_hand(frames)
    texts = list(all_texts)
    logprobs = np.repeat(np.log(frames)[None], len(texts), axis=0)
    probabilities = np.exp(log_likelihoods(logprobs, texts))
    assert probabilities == pytest.approx(list(all_texts.values()), rel=1e-9)
    alphabet = "abc"[: frames.shape[1] - 1]
    for text, probability in all_texts.items():
        assert posterior(frames, text).probability == pytest.approx(probability, rel=1e-9)
        rated = rate(np.log(frames), alphabet, "".join(alphabet[one] for one in text))
        assert rated.confidence == pytest.approx(probability, rel=1e-9)


def test_a_text_that_does_not_fit_has_no_probability() -> None:
    frames = np.log(np.full((2, 2, 3), 1 / 3))
    assert log_likelihoods(frames, [[0, 0], [0]]).tolist() == [
        -np.inf,
        pytest.approx(np.log(3 / 9)),
    ]


@given(some_frames())
@settings(max_examples=60, deadline=None)
def test_spans_are_the_medians_of_where_characters_begin_and_end(
    frames: NDArray[np.float64],
) -> None:
    blank = frames.shape[1] - 1
    for text in by_hand(frames):
        begins = np.zeros((len(text), len(frames)))
        ends = np.zeros_like(begins)
        for path in product(range(blank + 1), repeat=len(frames)):
            if text_of(path, blank) != text:
                continue
            probability = float(np.prod(frames[np.arange(len(path)), path]))
            starts = [
                at for at, one in enumerate(path) if one != blank and path[:at][-1:] != (one,)
            ]
            for index, start in enumerate(starts):
                run = list(takewhile(path[start].__eq__, path[start:]))
                begins[index, start] += probability
                ends[index, start + len(run) - 1] += probability
        for index, (first, last) in enumerate(posterior(frames, text).spans):
            shares = begins[index].cumsum() / begins[index].sum()
            assert shares[first] >= 0.5 - 1e-9
            assert first == 0 or shares[first - 1] < 0.5 + 1e-9
            shares = ends[index].cumsum() / ends[index].sum()
            if last > first:
                assert shares[last] >= 0.5 - 1e-9
                assert shares[last - 1] < 0.5 + 1e-9


@given(some_frames())
@settings(max_examples=60, deadline=None)
def test_best_path_and_forced_alignment_are_the_best_of_all_paths(
    frames: NDArray[np.float64],
) -> None:
    blank = frames.shape[1] - 1
    best: dict[tuple[int, ...], tuple[float, tuple[int, ...]]] = {}
    for path in product(range(blank + 1), repeat=len(frames)):
        probability = float(np.prod(frames[np.arange(len(path)), path]))
        text = text_of(path, blank)
        best[text] = max(best.get(text, (0.0, ())), (probability, path))
    whole = max(probability for probability, _ in best.values())
    assert best[tuple(best_path(frames))][0] == pytest.approx(whole, rel=1e-9)
    for text, (probability, _) in best.items():
        if not text:
            continue
        aligned = force_align(np.log(frames), text)
        assert np.exp(aligned.log_probability) == pytest.approx(probability, rel=1e-9)
        assert aligned.frames == sorted(set(aligned.frames))
        assert len(aligned.frames) == len(text)
        through = [
            float(np.prod(frames[np.arange(len(path)), path]))
            for path in product(range(blank + 1), repeat=len(frames))
            if text_of(path, blank) == text
            and all(path[at] == one for at, one in zip(aligned.frames, text, strict=True))
        ]
        assert max(through) == pytest.approx(probability, rel=1e-9)


def test_forced_alignment_takes_the_surest_frame_of_each_character() -> None:
    aligned = force_align(frames_of(".0..11."), [0, 1])
    assert aligned.frames[0] == 1
    assert aligned.frames[1] in {4, 5}
    assert aligned.log_probability == pytest.approx(7 * np.log(0.96))
    assert force_align(frames_of(".0.0."), [0, 0]).frames == [1, 3]
    assert force_align(frames_of("01"), [0, 1]).frames == [0, 1]
    with pytest.raises(ValueError, match="expected frames for 2 characters, found 2"):
        force_align(frames_of("00"), [0, 0])


# --- alphabet, noise, extremes ----------------------------------------------------------------


@given(some_frames().filter(lambda frames: frames.shape[1] > 2))
@settings(max_examples=50, deadline=None)
def test_mask_is_the_alphabet_without_the_rest(frames: NDArray[np.float64]) -> None:
    alphabet = "abc"[: frames.shape[1] - 1]
    kept = np.delete(frames, 0, axis=1)
    kept /= kept.sum(axis=1, keepdims=True)
    masked = decode(np.log(frames), alphabet, allowed=alphabet[1:])
    alone = decode(np.log(kept), alphabet[1:])
    assert masked.text == alone.text
    assert masked.confidence == pytest.approx(alone.confidence)
    assert set(masked.text) <= set(alphabet[1:])


def test_noise_keeps_length_and_alphabet() -> None:
    generator = np.random.default_rng(5)
    for index in range(300):
        spread = float(generator.choice([0.3, 2, 6, 40]))
        logits = generator.normal(0, spread, (int(generator.integers(24, 37)), 11))
        length = int(generator.integers(1, 9))
        allowed = "".join(generator.choice(list(ALPHABET), 4, replace=False))
        found = decode(logits, ALPHABET, length=length, allowed=allowed if index % 2 else None)
        assert len(found.text) == length
        assert set(found.text) <= set(allowed if index % 2 else ALPHABET)
        assert 0 <= found.confidence <= 1
        assert all(0 <= first <= last < len(logits) for first, last in found.spans)


@pytest.mark.parametrize("low", [-np.inf, -1e300, -1e5])
def test_length_is_honoured_where_the_network_gives_it_no_chance(low: float) -> None:
    logits = np.full((24, 11), low)
    logits[:, -1] = 0
    logits[5] = [0, *[low] * 10]
    for length in (1, 2, 5, 24):
        assert len(decode(logits, ALPHABET, length=length).text) == length
    assert decode(logits, ALPHABET, length=1).text == "0"
    assert decode(logits, ALPHABET).text == "0"
    assert set(decode(logits, ALPHABET, length=3, allowed="45").text) <= set("45")


def test_search_that_gives_up_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_EXPANSIONS", 0)
    logits = np.random.default_rng(1).normal(0, 0.1, (36, 11))
    found = decode(logits, ALPHABET, length=6)
    assert not found.exact
    assert len(found.text) == 6


# --- confidences and spans ----------------------------------------------------------------------


@given(some_frames())
@settings(max_examples=60, deadline=None)
def test_character_confidence_is_among_its_substitutes(frames: NDArray[np.float64]) -> None:
    alphabet = "abc"[: frames.shape[1] - 1]
    all_texts = by_hand(frames)
    found = decode(np.log(frames), alphabet)
    text = tuple(map(alphabet.index, found.text))
    for place, confidence in enumerate(found.confidences):
        others = sum(
            all_texts.get((*text[:place], one, *text[place + 1 :]), 0.0)
            for one in range(len(alphabet))
        )
        assert confidence == pytest.approx(all_texts[text] / others, rel=1e-9)


@given(some_frames(), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_spans_are_in_order_and_apart(frames: NDArray[np.float64], length: int) -> None:
    alphabet = "abc"[: frames.shape[1] - 1]
    if length > (len(frames) + (frames.shape[1] == 2)) / (1 + (frames.shape[1] == 2)):
        return
    spans = decode(np.log(frames), alphabet, length=length).spans
    assert len(spans) == length
    assert all(0 <= first <= last < len(frames) for first, last in spans)
    assert all(one[1] < other[0] for one, other in pairwise(spans))


def test_unlikely_text_has_no_spans_outside() -> None:
    found = posterior(np.array([[0.0, 1.0]]), [0])
    assert (found.probability, found.spans) == (0.0, ((0, 0),))


# --- positions, arguments -------------------------------------------------------------------------


def test_positions_honour_the_alphabet() -> None:
    logits = np.log([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
    found = decode_positions(logits, "abc")
    assert (found.text, found.spans) == ("ac", ((0, 0), (1, 1)))
    assert found.confidences == pytest.approx((0.7, 0.8))
    assert found.confidence == pytest.approx(0.56)
    masked = decode_positions(logits, "abc", allowed="ab")
    assert masked.text in {"aa", "ab"}
    assert masked.confidences == pytest.approx((7 / 9, 0.5))


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((4, 3), {}, r"logprobs: expected \(frames, 4\), found \(4, 3\)"),
        ((4,), {}, r"logprobs: expected \(frames, 4\), found \(4,\)"),
        ((0, 4), {}, r"logprobs: expected \(frames, 4\), found \(0, 4\)"),
        ((4, 4), {"length": 0}, "length: expected at least 1, found 0"),
        ((4, 4), {"allowed": ""}, "allowed: expected characters of 'abc', found 'none'"),
        ((4, 4), {"allowed": "axy"}, "allowed: expected characters of 'abc', found 'xy'"),
    ],
)
def test_wrong_arguments_are_named(
    shape: tuple[int, ...], options: dict[str, int | str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        decode(np.zeros(shape), "abc", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="logprobs: expected numbers below infinity"):
        decode(np.full((4, 4), value), "abc")


def test_length_beyond_the_frames_is_refused() -> None:
    with pytest.raises(SegmentationError, match="at most 4 characters in 4 frames, found 5"):
        decode(np.zeros((4, 4)), "abc", length=5)
