"""Generated images, prepared for the line network."""

from digitsolver.readers.line.generated import generate_prepared


def test_generated_images_are_prepared_and_the_same_each_time() -> None:
    some, labels = generate_prepared("mixed", 5, 0, 6, "0123456789")
    rest, others = generate_prepared("mixed", 5, 3, 3, "0123456789")
    assert labels[3:] == others
    assert all((one == other).all() for one, other in zip(some[3:], rest, strict=True))
    assert {one.shape[0] for one in some} == {48}
