import numpy as np

from qa.centres import centres


def test_centres_are_means_with_each_file_counted_once_and_the_scale_is_found() -> None:
    generator = np.random.default_rng(0)

    def near(place: float, count: int) -> np.ndarray:
        vectors = generator.normal(size=(count, 6)).astype(np.float32) * 0.1 + [
            place,
            1,
            0,
            0,
            0,
            0,
        ]
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    parts = [(near(0.5, 40), near(1.0, 10)), (near(-0.5, 4), near(-1.0, 10))]
    question, passage, (offset, slope) = centres(parts)
    np.testing.assert_allclose(question, (parts[0][0].mean(0) + parts[1][0].mean(0)) / 2, atol=1e-6)
    np.testing.assert_allclose(passage, (parts[0][1].mean(0) + parts[1][1].mean(0)) / 2, atol=1e-6)
    assert 0 < offset < 1
    assert slope > 0
