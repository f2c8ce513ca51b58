import pytest

from digitsolver.audit.budget import Budget, OutOfTimeError
from digitsolver.audit.records import Kind, Run


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def fitted(labels: int, training: float, reading: float = 2.0) -> Run:
    return Run("a", Kind.FITTED, labels, 0, 10, 5, 0, reading, 1.0, training, 1.0)


def test_what_is_left_falls_with_time_and_with_earlier_runs() -> None:
    clock = Clock()
    budget = Budget(60, clock)
    clock.now += 20
    budget.take(fitted(10, 15.0, 5.0))
    assert budget.left == 20
    clock.now += 100
    assert budget.left == 0
    assert Budget(None, clock).left is None


def test_what_was_measured_tells_what_comes() -> None:
    budget = Budget(None)
    assert budget.seconds(10, lambda: 30.0) == 30
    budget.learn(fitted(10, 60.0))
    assert budget.seconds(10, lambda: 99.0) == 60 + 2
    assert (
        budget.seconds(50, lambda: 100.0) == 100 * 2 + 2
    )  # twice as long as expected, and reading


def test_a_run_that_would_end_too_late_is_stopped() -> None:
    clock = Clock()
    told: list[int] = []
    progress = Budget(60, clock).watch(lambda done, total, text: told.append(done))
    for done in range(1, 5):
        clock.now += 10
        progress(done, 20, "")
    clock.now += 10
    with pytest.raises(OutOfTimeError) as error:
        progress(5, 20, "")
    assert error.value.seconds == 200
    assert told == [1, 2, 3, 4, 5]


def test_the_first_step_tells_nothing() -> None:
    clock = Clock()
    budget = Budget(100, clock)
    progress = budget.watch(lambda done, total, text: None, labels=10)
    clock.now += 50
    progress(1, 7, "")
    clock.now += 7
    progress(2, 7, "")
    clock.now += 7
    progress(3, 7, "")  # 28 more seconds, of 36
    clock.now += 13
    with pytest.raises(OutOfTimeError):
        progress(4, 7, "")
    assert budget.seconds(10, lambda: 1.0) == pytest.approx(77 + 3 * 9)


def test_a_run_is_stopped_when_the_time_is_over() -> None:
    clock = Clock()
    progress = Budget(60, clock).watch(lambda done, total, text: None)
    clock.now += 61
    with pytest.raises(OutOfTimeError):
        progress(1, 100, "")


def test_time_to_read_is_kept_while_a_reader_learns() -> None:
    clock = Clock()
    budget = Budget(60, clock)
    budget.learn(Run("a", Kind.DEFAULT, 0, 0, 10, 5, 0, seconds=20.0, cpu_seconds=1.0))
    clock.now += 45
    budget.watch(lambda done, total, text: None)(1, 9, "")
    with pytest.raises(OutOfTimeError) as error:
        budget.watch(lambda done, total, text: None, labels=10)(1, 9, "")
    assert error.value.left == 0


def test_a_run_that_fits_goes_on() -> None:
    clock = Clock()
    for budget in (Budget(60, clock), Budget(None, clock)):
        progress = budget.watch(lambda done, total, text: None)
        for done in range(1, 21):
            clock.now += 2
            progress(done, 20, "")
        clock.now -= 40


def test_a_search_during_a_training_has_a_pace_of_its_own() -> None:
    clock = Clock()
    budget = Budget(400, clock)
    progress = budget.watch(lambda done, total, text: None, labels=50)
    for done in range(1, 11):
        clock.now += 1
        progress(done, 10, "")
    for done in range(1, 40):  # a slow start alone stops nothing
        clock.now += 20 if done <= 5 else 2
        progress(done, 120, "styles tried")
    clock.now += 100
    with pytest.raises(OutOfTimeError):
        progress(40, 120, "styles tried")
    assert budget.left == 400 - 10 - 100 - 68 - 100
    whole = budget.seconds(50, lambda: 1.0)
    assert whole == pytest.approx(278 + (248 / 39) * 80)


def test_the_last_step_is_never_lost() -> None:
    clock = Clock()
    progress = Budget(10, clock).watch(lambda done, total, text: None)
    clock.now += 50
    progress(20, 20, "")
