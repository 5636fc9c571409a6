"""What kinds of lines there are: the groups that a report has a row for."""

from collections.abc import Callable

from hunmin.text.charset import ksx1001_syllables
from hunmin.text.hangul import is_syllable

LENGTHS = {"1-6": 6, "7-12": 12, "13-24": 24}
"""Characters of a label, spaces included; what is longer is `LONGER`."""
LONGER = "25+"

COMMON_SYLLABLES = frozenset(
    "가각간갈감갑갔강갖같개객거건걸검것게겐겠겨격견결경계고곡곤골곳공과관광괴교구국군굴궁권귀규균그극근글"
    "금급기긴길김까깨께꼬꽃꾸꾼끄끌끝끼나낙난날남납났낭내낸냐냥너널넘네녀년념노녹논놀농높놓뇌누눈뉴느는늘"
    "능니닌닐님다닥단달담답당대더덕던데도독돈돌동돼됐되된될두둔둘둥뒤드득든들듯등디따땅때떠떡떤떨떻또뜨라"
    "락란람랑래랜랭량러런럴럼럽렁렇레렉렌려력련렸령례로록론롱료룡루류률르른를름리릭린릴림립릿링마막만많말"
    "망맞매맥맨맹머먹먼메며면명모목몬몰몸못몽묘무묵문물뭐미민밀바박밖반받발밝밤밥방배백버번벌범법베벤벨벽"
    "변별병보복본볼봉봐봤부북분불붙브블비빈빌빙빛빠사삭산살삶삼상새색생샤서석선설섬성세센셀셔션소속손솔송"
    "쇠쇼수숙순술쉬슈스슨슬습승시식신실심십싶싸쌍써쓰씨아악안앉않알암압았앙앞애액앤야약양어억언얼엄업없엇"
    "었에엔엘여역연열염엽였영예오옥온올와완왔왕왜외요욕용우욱운울움웃웅워원월웨위윌유육윤율으은을음읍응의"
    "이익인일임입있자작잔잖잘잠잡장재쟁저적전절점접정제져졌조족존졸좀종좋좌죄죠주죽준줄중즈즉즘증지직진질"
    "짐집짓징짜짝째쪽찌차착찬찰참창찾채책처척천철청체쳐초촉촌총최추축춘출충취츠측층치친칠침칭카칼캐커케켜"
    "코콘콜쿠크큰클키킨타탁탄탈탑탕태택터턴털테텔토통퇴투트특틀티틴파판팔패퍼페편평폐포폭폰폴표푸풀품풍프"
    "플피필하학한할함합항해핵했행향허헌험헤혀혁현혈협형혜호혹혼홀홍화확환활황회획효후훈휘휴흐흑흘흥희히힘"
)
"""The 600 most frequent syllables of the texts bundled in `hunmin/synth/texts`, 95.7 % of all syllables there."""
_KSX1001 = frozenset(ksx1001_syllables())


def by_length(label: str) -> str:
    """`1-6`, `7-12`, `13-24` or `25+`, by how many characters the label has."""
    return next((name for name, longest in LENGTHS.items() if len(label) <= longest), LONGER)


def by_script(label: str) -> str:
    """What the letters and digits of a label are; punctuation, symbols and spaces do not count.

    Returns:
        `hangul`, `latin`, `digits` or `other` (Hanja, kana …) where all are of one script, `mixed` where they are not, and
        `symbols` where there are none.
    """
    scripts = {_script(character) for character in label if character.isalnum()}
    if not scripts:
        return "symbols"
    return scripts.pop() if len(scripts) == 1 else "mixed"


def _script(character: str) -> str:
    if is_syllable(character) or "ㄱ" <= character <= "ㆎ":
        return "hangul"
    if "a" <= character.lower() <= "z":
        return "latin"
    return "digits" if character in "0123456789" else "other"


def by_frequency(label: str) -> str:
    """How rare the rarest syllable of a label is.

    Returns:
        `common` if all its syllables are among `COMMON_SYLLABLES`, `rare` if all are in KS X 1001 (2,350 syllables), `outside`
        if one is not, `no syllable` if there is none.
    """
    syllables = {character for character in label if is_syllable(character)}
    if not syllables:
        return "no syllable"
    if syllables <= COMMON_SYLLABLES:
        return "common"
    return "rare" if syllables <= _KSX1001 else "outside"


GROUPINGS: dict[str, Callable[[str], str]] = {"length": by_length, "script": by_script, "frequency": by_frequency}
"""Label → its group, for every breakdown but the one by kind, which the data bring along."""

ORDER = (
    *LENGTHS, LONGER,
    "hangul", "latin", "digits", "mixed", "other", "symbols",
    "common", "rare", "outside", "no syllable",
)  # fmt: skip
"""Groups in the order of a table; kinds come in alphabetical order."""
