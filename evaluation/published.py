"""What the makers of jina-clip-v2 published for tasks that mteb has too.

Source: Koukounas et al. 2024, "jina-clip-v2: Multilingual Multimodal Embeddings for Text and Images",
arXiv:2412.08802. Left out, because mteb's data differ from theirs: MS COCO (mteb takes M-BEIR's pictures, shrunk to
256 pixels) and Crossmodal-3600 (mteb asks with every caption, they with one for each picture).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Published:
    """The figures of one task, for jina-clip-v2."""

    table: str
    metric: str  # the key of mteb's scores that means the same
    percent: dict[int, float]  # by Matryoshka size


_SIZES = (1024, 768, 512, 256, 128, 64)


def _rows(table: str, metric: str, percent: dict[str, tuple[float, ...]]) -> dict[str, Published]:
    return {task: Published(table, metric, dict(zip(_SIZES, row, strict=False))) for task, row in percent.items()}


PUBLISHED = {
    # Recall@5 there is a picture's, or caption's, share of queries with a hit among five: mteb's hit rate. The two
    # differ for captions, of which each picture has five.
    **_rows(
        "Tables 7 and 12",
        "hit_rate_at_5",
        {
            "Flickr30kT2IRetrieval": (89.84, 89.98, 89.70, 89.20, 87.22, 81.60),
            "Flickr30kI2TRetrieval": (98.00, 98.10, 98.00, 98.00, 96.30, 93.40),
        },
    ),
    **_rows(
        "Table 11",
        "ndcg_at_5",
        {
            "VidoreArxivQARetrieval": (64.92,),
            "VidoreDocVQARetrieval": (24.64,),
            "VidoreInfoVQARetrieval": (57.90,),
            "VidoreTabfquadRetrieval": (45.91,),
            "VidoreTatdqaRetrieval": (30.25,),
            "VidoreShiftProjectRetrieval": (34.07,),
            "VidoreSyntheticDocQAAIRetrieval": (68.07,),
            "VidoreSyntheticDocQAEnergyRetrieval": (62.15,),
            "VidoreSyntheticDocQAGovernmentReportsRetrieval": (68.97,),
            "VidoreSyntheticDocQAHealthcareIndustryRetrieval": (69.05,),
        },
    ),
    **_rows(
        "Tables 10 and 15",
        "ndcg_at_10",
        {
            "FiQA2018": (41.93, 42.04, 41.79, 40.96, 38.75, 34.27),
            "NFCorpus": (32.89, 33.01, 32.72, 32.32, 30.20, 25.69),
            "SciFact": (65.34, 65.12, 65.26, 64.57, 62.51, 57.17),
            "SCIDOCS": (18.90, 18.85, 18.84, 18.46, 16.98, 13.84),
            "ArguAna": (43.55, 43.50, 43.53, 42.83, 41.06, 37.21),
        },
    ),
}
