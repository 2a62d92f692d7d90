"""The starter encoder, with its real weights: one space for texts of 16 languages and pictures."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from encoders.base import Encoder, truncate
from encoders.starter import StarterEncoder

PHOTOS = Path(__file__).parents[1] / "data" / "photos"
NAMES = ("astronaut", "chelsea", "coffee", "motorcycle", "rocket")
EXACT = 1e-5  # the order of float32 sums depends on the batch

SENTENCES = [
    "The cat sleeps on the sofa.",
    "Install the package with apt.",
    "犬が公園で走っている。",
    "Das Wetter ist schön.",
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return StarterEncoder(threads=2)


@pytest.fixture(scope="module")
def photos() -> list[Image.Image]:
    return [Image.open(PHOTOS / f"{name}.jpg").convert("RGB") for name in NAMES]


@pytest.fixture(scope="module")
def photo_rows(encoder, photos):
    return encoder.encode_images(photos)


def assert_unit_rows(rows: np.ndarray, count: int) -> None:
    assert rows.shape == (count, 512)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=EXACT)


def test_it_names_itself_and_its_sizes(encoder):
    assert encoder.name == "starter@1"
    assert encoder.sizes == (64, 128, 256, 512)


@pytest.mark.parametrize("count", [0, 1, 4])
def test_texts_become_unit_rows(encoder, count):
    assert_unit_rows(encoder.encode_texts(SENTENCES[:count]), count)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_pictures_become_unit_rows(encoder, photos, count):
    assert_unit_rows(encoder.encode_images(photos[:count]), count)


@pytest.mark.parametrize("text", ["", " ", "\n\t\u3000", "\x00", "\u200b", "🙂", "x" * 100_000, "\ufdfa" * 50])
def test_odd_texts_become_unit_rows_too(encoder, text):
    assert_unit_rows(encoder.encode_texts([text]), 1)


def test_text_past_the_last_token_is_not_read(encoder):
    words = "one two three four " * 200

    long, longer = encoder.encode_texts([words, words + "and something else"])

    np.testing.assert_array_equal(long, longer)
    assert encoder.count_tokens(words) > encoder.max_tokens


def test_text_up_to_the_last_token_is_read(encoder):
    words = "one two three four " * (encoder.max_tokens // 4 - 2)

    short, longer = encoder.encode_texts([words, words + "giraffe"])

    assert encoder.count_tokens(words + "giraffe") <= encoder.max_tokens
    assert not np.array_equal(short, longer)


def test_tokens_are_counted_without_special_ones(encoder):
    assert [encoder.count_tokens(text) for text in ("", "  ", "cat", "the cat")] == [0, 0, 1, 2]


def test_batch_order_does_not_matter(encoder, photos, photo_rows):
    texts = encoder.encode_texts(SENTENCES)

    np.testing.assert_allclose(encoder.encode_texts(SENTENCES[::-1])[::-1], texts, atol=EXACT)
    np.testing.assert_allclose(encoder.encode_images(photos[::-1])[::-1], photo_rows, atol=EXACT)
    np.testing.assert_allclose(encoder.encode_images(photos[2:3]), photo_rows[2:3], atol=EXACT)


def test_eight_threads_get_the_vectors_of_one(encoder, photos, photo_rows):
    alone = encoder.encode_texts(SENTENCES)

    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda _: encoder.encode_texts(SENTENCES), range(16)))
        pictures = list(pool.map(lambda _: encoder.encode_images(photos), range(8)))

    for rows in texts:
        np.testing.assert_array_equal(rows, alone)
    for rows in pictures:
        np.testing.assert_allclose(rows, photo_rows, atol=EXACT)


def test_a_translation_is_nearer_than_another_sentence(encoder):
    english = ["The cat sleeps on the sofa.", "Install the package with apt.", "The court has to be independent."]
    others = [
        "Die Katze schläft auf dem Sofa.",
        "Installez le paquet avec apt.",
        "法院必须是独立的。",
    ]

    scores = encoder.encode_queries(others) @ encoder.encode_texts(english).T

    assert scores.argmax(axis=1).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("query", "photo"),
    [
        ("cat", "chelsea"),
        ("猫", "chelsea"),
        ("Katze", "chelsea"),
        ("кошка", "chelsea"),
        ("قطة", "chelsea"),
        ("a cup of coffee", "coffee"),
        ("une tasse de café", "coffee"),
        ("コーヒー", "coffee"),
        ("motorcycle", "motorcycle"),
        ("Motorrad", "motorcycle"),
        ("오토바이", "motorcycle"),
    ],
)
def test_a_photo_is_found_by_what_it_shows(encoder, photo_rows, query, photo):
    scores = encoder.encode_queries([query])[0] @ photo_rows.T

    assert NAMES[scores.argmax()] == photo


@pytest.mark.parametrize("query", ["rocket launch", "火箭", "cohete", "Rakete"])
def test_a_rocket_leads_to_the_rocket_and_to_the_astronaut_before_a_model_shuttle(encoder, photo_rows, query):
    scores = encoder.encode_queries([query])[0] @ photo_rows.T

    assert {NAMES[index] for index in np.argsort(-scores)[:2]} == {"rocket", "astronaut"}


@pytest.mark.parametrize("size", [64, 512])
@pytest.mark.parametrize(
    "change",
    [
        ImageOps.mirror,
        lambda photo: photo.resize((photo.width // 2, photo.height // 2)),
        lambda photo: ImageEnhance.Brightness(photo).enhance(0.6),
        lambda photo: photo.crop((30, 20, photo.width - 10, photo.height - 30)),
        lambda photo: photo.convert("L"),
    ],
    ids=["mirrored", "half size", "darker", "cropped", "grey"],
)
def test_a_changed_photo_finds_its_original(encoder, photos, photo_rows, change, size):
    rows = encoder.encode_images([change(photo) for photo in photos])

    scores = truncate(rows, size) @ truncate(photo_rows, size).T
    assert scores.argmax(axis=1).tolist() == list(range(len(photos)))


def test_white_margins_do_not_change_a_picture(encoder, photos, photo_rows):
    page = Image.new("RGB", (700, 900), "white")
    page.paste(photos[1], (100, 200))

    assert (encoder.encode_images([page]) @ photo_rows[1]).item() > 0.99


@pytest.mark.parametrize(
    "picture", [Image.new("RGB", (1, 1)), Image.new("RGB", (9, 4), "white"), Image.new("L", (3, 900))]
)
def test_a_picture_of_nothing_still_gets_a_unit_row(encoder, picture):
    assert_unit_rows(encoder.encode_images([picture]), 1)


def test_prefixes_keep_the_order_of_an_easy_search(encoder):
    passages = encoder.encode_texts(
        ["Cats and dogs are popular pets.", "The parliament passed the law.", "Boil the pasta for ten minutes."]
    )
    questions = encoder.encode_queries(["Haustiere", "gesetzgebung", "Nudeln kochen"])

    for size in encoder.sizes:
        scores = truncate(questions, size) @ truncate(passages, size).T
        assert scores.argmax(axis=1).tolist() == [0, 1, 2]


@pytest.mark.parametrize("word", ["Katze", "tiger", "umbrella", "phare", "猫"])
def test_a_single_word_is_not_drawn_to_scraps_of_unknown_scripts(encoder, word):
    scraps = encoder.encode_texts(["।", "जाएगी ।", " ", "ᛗᛁᚾ ᛏᛖᚦ"])

    assert (scraps @ encoder.encode_queries([word])[0]).max() < 0.25  # 0.4 to 0.5 as the model has it


def test_a_blank_text_means_nothing(encoder, photo_rows):
    blank = encoder.encode_texts([" "])[0]

    rows = np.concatenate([encoder.encode_texts(["a cat", "Ein langer Satz über Gärten."]), photo_rows])
    assert np.abs(rows @ blank).max() < 1e-5
