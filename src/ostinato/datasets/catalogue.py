"""What each data set is, whose it is, and where it lies."""

from __future__ import annotations

from dataclasses import dataclass

from ostinato.errors import check_choice

_GITHUB = "https://raw.githubusercontent.com"
_ETT = f"{_GITHUB}/zhouhaoyi/ETDataset/1d16c8f4f943005d613b5bc962e9eeb06058cf07/ETT-small"
_M30K = f"{_GITHUB}/multi30k/dataset/a3d2e0d26b56f3846f66a952536ffed4e401d05a/data/task1/raw"
_JSB = f"{_GITHUB}/czhuang/JSB-Chorales-dataset/9a7f733ddb4ed91f48da64ac7f0f621c34aadd4d"
_FLICKR = "https://github.com/jbrownlee/Datasets/releases/download/Flickr8k"
_AEON = f"{_GITHUB}/aeon-toolkit/aeon/a101ddc8b35a65441609b45c9bcce5aeafa0c131/aeon/datasets/data"
_POLARITY = (
    f"{_GITHUB}/dennybritz/cnn-text-classification-tf/"
    "18762b459e21d9c70e5c242f8d43fc4e6db37a0d/data/rt-polaritydata"
)


@dataclass(frozen=True, kw_only=True)
class File:
    """A file to download; `sha256=None` says that its bytes cannot be checked."""

    name: str
    url: str
    sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class Info:
    """A data set.

    Attributes:
        name: what `load` calls it.
        title: what it is.
        task: what it is used for.
        columns: the columns of its table.
        split: the customary parts for training and judging.
        licence: as its source states it.
        homepage: where to read about it, and whom to cite.
        files: what is downloaded; none for a data set that comes with a library.
    """

    name: str
    title: str
    task: str
    columns: tuple[str, ...]
    split: str
    licence: str
    homepage: str
    files: tuple[File, ...] = ()

    @property
    def bundled(self) -> bool:
        """Whether it comes with an installed library and needs no network."""
        return not self.files


def _ett(name: str, title: str, digest: str, rows: str) -> Info:
    file = f"ETT{name[3:]}.csv"
    return Info(
        name=name,
        title=f"Electricity transformer, load and oil temperature, {title}",
        task="forecasting",
        columns=("date", "HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"),
        split=f"{rows} rows in order (12, 4 and 4 months), scaled on the first part",
        licence="CC BY-ND 4.0",
        homepage="https://github.com/zhouhaoyi/ETDataset",
        files=(File(name=file, url=f"{_ETT}/{file}", sha256=digest),),
    )


def _archive(name: str, stem: str, title: str, split: str, digests: tuple[str, str]) -> Info:
    files = [(f"{stem}_{part}.ts", digest) for part, digest in zip(_PARTS, digests, strict=True)]
    return Info(
        name=name,
        title=title,
        task="sequence classification",
        columns=("part", "label", "steps"),
        split=split,
        licence="free for research, cite the archive (timeseriesclassification.com)",
        homepage="https://www.timeseriesclassification.com/",
        files=tuple(
            File(name=file, url=f"{_AEON}/{stem}/{file}", sha256=digest) for file, digest in files
        ),
    )


_PARTS = ("TRAIN", "TEST")
_MULTI30K = {
    "train.de": "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6",
    "train.en": "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f",
    "train.fr": "622e75069e9f4c577425c4f277116ce66e63a2401c0a2312d90073cb12379a3c",
    "val.de": "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a",
    "val.en": "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28",
    "val.fr": "ca3106f1a72390591d25f6c45cb4cd39dec4cd3f123e099748a3ce5256c160e9",
    "test_2016_flickr.de": "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8",
    "test_2016_flickr.en": "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9",
    "test_2016_flickr.fr": "6d326e188d259fb1d04ac19eae3af956559b3a0b93d7635e56c90987c40c8b90",
}

_ALL = [
    Info(
        name="co2",
        title="Carbon dioxide in the air at Mauna Loa, weekly, 1958 to 2001, some weeks missing",
        task="forecasting",
        columns=("date", "co2"),
        split="by time",
        licence="public domain (U.S. government); comes with statsmodels",
        homepage="https://www.statsmodels.org/stable/datasets/generated/co2.html",
    ),
    Info(
        name="sunspots",
        title="Sunspots, yearly, 1700 to 2008",
        task="forecasting",
        columns=("date", "sunspots"),
        split="by time",
        licence="public domain (U.S. government); comes with statsmodels",
        homepage="https://www.statsmodels.org/stable/datasets/generated/sunspots.html",
    ),
    Info(
        name="pydoc",
        title="Paragraphs of Python's language reference and the topic each explains",
        task="text classification, language modelling",
        columns=("topic", "text"),
        split="random",
        licence="Python Software Foundation License 2; comes with Python",
        homepage="https://docs.python.org/3/reference/",
    ),
    Info(
        name="digits",
        title="1,797 handwritten digits, each as a sequence of 8 rows of 8 grey values, 0 to 16",
        task="sequence classification",
        columns=("label", "rows"),
        split="random",
        licence="CC BY 4.0; comes with scikit-learn",
        homepage="https://archive.ics.uci.edu/dataset/80/",
    ),
    Info(
        name="imdb",
        title="50,000 film reviews, positive or negative (Maas et al. 2011)",
        task="text classification",
        columns=("part", "label", "rating", "text"),
        split="25,000 train, 25,000 test, balanced; sorted by label, so shuffle",
        licence="none stated; research use, texts belong to their authors",
        homepage="https://ai.stanford.edu/~amaas/data/sentiment/",
        files=(
            File(
                name="aclImdb_v1.tar.gz",
                url="https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
                sha256="c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
            ),
        ),
    ),
    Info(
        name="rt-polarity",
        title="10,662 sentences of film reviews, positive or negative (Pang and Lee 2005)",
        task="text classification",
        columns=("label", "text"),
        split="ten-fold cross-validation, or random",
        licence="none stated",
        homepage="https://www.cs.cornell.edu/people/pabo/movie-review-data/",
        files=(
            File(
                name="rt-polarity.neg",
                url=f"{_POLARITY}/rt-polarity.neg",
                sha256="2d11cfbc790f1cd96d78339f41ce53ced1efa83cd22d37d6788fa3fe3d17e2fd",
            ),
            File(
                name="rt-polarity.pos",
                url=f"{_POLARITY}/rt-polarity.pos",
                sha256="4134882974a28d0c7b5151256f0e33a6169984ee7372c279e673f1114f475d58",
            ),
        ),
    ),
    Info(
        name="tinyshakespeare",
        title="40,000 lines of Shakespeare, 1,115,394 characters",
        task="language modelling",
        columns=("text",),
        split="first 90 % of the characters train, the rest validation",
        licence="text in the public domain; repository MIT",
        homepage="https://github.com/karpathy/char-rnn",
        files=(
            File(
                name="input.txt",
                url=f"{_GITHUB}/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e"
                "/data/tinyshakespeare/input.txt",
                sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
            ),
        ),
    ),
    Info(
        name="jena-climate",
        title="Weather in Jena, 14 readings every 10 minutes, 2009 to 2016",
        task="forecasting",
        columns=("date", "p (mbar)", "T (degC)", "... 12 more"),
        split="by time",
        licence="none stated; Max Planck Institute for Biogeochemistry",
        homepage="https://www.bgc-jena.mpg.de/wetter/",
        files=(
            File(
                name="jena_climate_2009_2016.csv.zip",
                url="https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
                "jena_climate_2009_2016.csv.zip",
            ),
        ),
    ),
    _ett(
        "etth1",
        "hourly, first station",
        "f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066",
        "8,640, 2,880 and 2,880",
    ),
    _ett(
        "etth2",
        "hourly, second station",
        "a3dc2c597b9218c7ce1cd55eb77b283fd459a1d09d753063f944967dd6b9218b",
        "8,640, 2,880 and 2,880",
    ),
    _ett(
        "ettm1",
        "every 15 minutes, first station",
        "6ce1759b1a18e3328421d5d75fadcb316c449fcd7cec32820c8dafda71986c9e",
        "34,560, 11,520 and 11,520",
    ),
    Info(
        name="multi30k",
        title="31,014 captions of pictures in English, German and French (Elliott et al. 2016)",
        task="translation",
        columns=("part", "en", "de", "fr"),
        split="29,000 train, 1,014 validation, 1,000 test (2016)",
        licence="none stated for the text; research use",
        homepage="https://github.com/multi30k/dataset",
        files=tuple(
            File(name=f"{name}.gz", url=f"{_M30K}/{name}.gz", sha256=digest)
            for name, digest in _MULTI30K.items()
        ),
    ),
    Info(
        name="fsdd",
        title="Free Spoken Digit Dataset: 3,000 English digits by 6 speakers, 8,000 Hz",
        task="sequence classification, speech recognition",
        columns=("part", "digit", "speaker", "index", "rate", "samples"),
        split="recordings 0 to 4 of each speaker and digit test (300), the others train (2,700)",
        licence="CC BY-SA 4.0",
        homepage="https://github.com/Jakobovski/free-spoken-digit-dataset",
        files=(
            File(
                name="free-spoken-digit-dataset.zip",
                url="https://github.com/Jakobovski/free-spoken-digit-dataset/archive/"
                "26eb9aaf76e81b692f806f9140c2d2777410d7a1.zip",
            ),
        ),
    ),
    Info(
        name="flickr8k",
        title="8,000 photographs of people and animals, five captions each (Hodosh et al. 2013)",
        task="image captioning",
        columns=("part", "image", "captions"),
        split="6,000 train, 1,000 validation, 1,000 test, by the lists that come with it",
        licence="research and education only; the photographs belong to their authors on Flickr",
        homepage="https://hockenmaier.cs.illinois.edu/8k-pictures.html",
        files=tuple(
            File(name=name, url=f"{_FLICKR}/{name}")
            for name in ("Flickr8k_Dataset.zip", "Flickr8k_text.zip")
        ),
    ),
    Info(
        name="yesno",
        title="60 recordings of eight words each, yes or no, by one speaker, 8,000 Hz",
        task="speech recognition",
        columns=("part", "text", "rate", "samples"),
        split="31 train, 29 test, by sorted name",
        licence="Creative Commons Attribution",
        homepage="https://www.openslr.org/1/",
        files=(
            File(
                name="waves_yesno.tar.gz",
                url="https://www.openslr.org/resources/1/waves_yesno.tar.gz",
            ),
        ),
    ),
    Info(
        name="an4",
        title="CMU AN4 (Census): spelled words, numbers and dates, as 13 cepstral coefficients of "
        "100 frames a second",
        task="speech recognition",
        columns=("part", "name", "speaker", "text", "frames"),
        split="948 train, 130 test, no speaker in both",
        licence="free for any purpose, like BSD (Carnegie Mellon University)",
        homepage="https://github.com/cphazen/Machine-Learning-Project-ASR",
        files=(
            File(
                name="an4.zip",
                url="https://github.com/cphazen/Machine-Learning-Project-ASR/archive/"
                "5e478f0ee6c5b060edf702acdd563948cad5545f.zip",
            ),
        ),
    ),
    _archive(
        "japanese-vowels",
        "JapaneseVowels",
        "640 utterances of two vowels, 12 coefficients, 7 to 29 steps, by 9 speakers",
        "270 train, 370 test",
        (
            "68a430eabd919cc77f40b1f5f3bc0dcafacc1486bca9260785aeb7d262cc78cd",
            "b3d41d6a0ca3bcad3afb9ca7d4365382aa51341e2e58bae2a574babdda5b9462",
        ),
    ),
    _archive(
        "basic-motions",
        "BasicMotions",
        "80 recordings of a wrist, 6 channels at 10 Hz, 100 steps, 4 activities",
        "40 train, 40 test",
        (
            "8dc43cc6306cb679c888c01e26f91772ac4441a916da43bac8b79734a538b9d6",
            "79213102bc6fca1a398ad98ce1185dff0208fa3d1465e687f48288946b0ff8dc",
        ),
    ),
    _archive(
        "gunpoint",
        "GunPoint",
        "200 recordings of a hand that draws a gun or points, 1 channel, 150 steps",
        "50 train, 150 test",
        (
            "f842401779fd9800d247d8b33121a1a4643710a19b24917dbdd9a060ca8630d5",
            "79332750788a6227b325b96bd0d70130c8eb707b9731f8d7dec62b7a7d36017e",
        ),
    ),
    Info(
        name="uci-har",
        title="10,299 windows of a smartphone at the waist, 9 channels at 50 Hz, 128 steps, 6 "
        "activities (Anguita et al. 2013)",
        task="sequence classification",
        columns=("part", "label", "subject", "steps"),
        split="21 subjects train (7,352), 9 others test (2,947)",
        licence="CC BY 4.0",
        homepage="https://archive.ics.uci.edu/dataset/240/",
        files=(
            File(
                name="uci-har.zip",
                url="https://archive.ics.uci.edu/static/public/240/"
                "human+activity+recognition+using+smartphones.zip",
            ),
        ),
    ),
    Info(
        name="jsb-chorales",
        title="382 chorales by Bach in four voices, a step a sixteenth, MIDI pitches, -1 a rest",
        task="music",
        columns=("part", "steps"),
        split="229 train, 76 validation, 77 test (Boulanger-Lewandowski et al. 2012)",
        licence="none stated; the music is in the public domain",
        homepage="https://github.com/czhuang/JSB-Chorales-dataset",
        files=(
            File(
                name="Jsb16thSeparated.json",
                url=f"{_JSB}/Jsb16thSeparated.json",
                sha256="79294cc374f9252e95ef4b703161524c1c53dc1f712c236f00f1c1f5d54af5a7",
            ),
        ),
    ),
]

CATALOGUE = {each.name: each for each in _ALL}


def names() -> list[str]:
    """The data sets that `load` knows, those without a download first."""
    return list(CATALOGUE)


def info(name: str) -> Info:
    """What a data set is, its licence and its files.

    Raises:
        OptionError: there is no data set of that name.
    """
    check_choice("datasets", "name", name, CATALOGUE)
    return CATALOGUE[name]
