"""What the name of a column says about it, in the languages that shops write in."""

from __future__ import annotations

import re
import unicodedata


def normalised(name: str) -> str:
    """Return a column name in snake case: ``productId`` and ``Product ID`` become ``product_id``.

    Accents are dropped (``Catégorie`` becomes ``categorie``); letters of any script stay.
    """
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    plain = re.sub(r"[\u0300-\u036f]", "", unicodedata.normalize("NFKD", snake))
    return re.sub(r"[\W_]+", "_", unicodedata.normalize("NFC", plain).casefold()).strip("_")


def _tokens(listed: str) -> re.Pattern[str]:
    """Match a name in which one of the words (patterns, without spaces) stands between signs."""
    return re.compile(rf"(?:^|_)(?:{'|'.join(listed.split())})(?=$|_)")


IDENTIFIER = _tokens(
    r"""
    id ids uid uuid guid sku skus gtin\d* ean\d* upc\d* asin isbn\d* mpn pid barcode code codes
    handle rowid index key slug ref reference artikelnummer artnr nummer sku_?\w* url_key
    (?:product|prod|item|image|article|offer|listing|variant|parent|seller|brand|style|shop)_?id
    (?:item|part|article|model|product|catalog|order|style|serial)_(?:number|no|num|nr)
    """
)
"""Names of identifiers and codes."""

FAMILY = re.compile(
    r"(?:^|_)(?:item_group_id|group_id|parent_(?:id|sku|asin|product|product_id)|variant_of|"
    r"family_id|style_group(?:_id)?|variant_group(?:_id)?)$"
)
"""Names of columns that hold variants of a product together."""

PROSE = re.compile(
    r"(?:^|_)(?:titles?|names?|description|descriptions|desc|text|summary|bullets?|bullet_points?|"
    r"features?|specifications?|specs|details|designation|caption|headline|about|ingredients|"
    r"content|titre|nom|libelle|titel|beschreibung|bezeichnung|produktname|titulo|nombre|"
    r"descripcion|titolo|nome|descrizione|tytul|nazwa|opis|標題|标题|名称|品名|商品名|商品名称|"
    r"描述|商品描述|説明|商品説明|タイトル|제목|상품명|설명|название|описание)(?:_(?:[a-z]{2}|\d+|html|long|short|"
    r"full|text))?$"
)
"""Names of texts."""

_FILING = _tokens(
    r"""
    category categories cat cats categorie kategorie kategorien kategoria categoria categorias
    subcategory subcategories subcat \w*categor(?:y|ies|ie|ia)(?:id|code|name)? \w*kategori\w*
    (?:cat|class|dept|department)(?:id|code|name) department
    departments dept rayon abteilung sector secteur subclass taxonomy taxon breadcrumbs?
    hierarchy browse_?node aisle universe univers warengruppe product_?type item_type
    product_group product_line product_class product_family prdtypecode typecode topcat leaf
    l[1-5] level_?[0-9] lvl[0-9] cat[0-9] c[1-5]_name unspsc hs_?code naics gpc_\w+ 类目 分类
    类别 品类 一级类目 二级类目 カテゴリ カテゴリー 部門 카테고리 категория раздел
    """
)
_FILING_ALONE = re.compile(
    r"^(?:product_|item_|article_|main_|parent_|sub_)?"
    r"(?:class|classe?s|klass|klasse|classe|groups?|grp|kinds?|types?|typ|family|famille|familia|"
    r"gamme|branch|labels?|segment|section|division|node|vertical|level)(?:_(?:id|code|name|no|key|slug))?$"
)
"""Words that mean as much only where they are the whole name: a skin type files nothing."""


_MAKER = r"""
    brand brands manufacturer maker make vendor seller merchant supplier publisher author
    authors artist designer store shop studio marque fabricant marke hersteller marca fabricante
    produttore producent 品牌 ブランド 브랜드 бренд производитель
    """
_LOOK = r"""
    colou?rs? colou?r_?\w* couleurs? farben? farbe colore cor kolor 颜色 色 カラー 색상 цвет
    sizes? taille grosse groesse talla tamano taglia rozmiar 尺码 尺寸 サイズ 사이즈 размер
    materials? fabric matiere materiau stoff tissu materiale tessuto 材质 素材 소재 материал
    patterns? styles? model modele modell modelo fits? shape finish flavou?rs? scents? texture
    gender sex genre geschlecht genero sesso 性别 性別 пол age ages age_group season saison
    length width height depth diameter capacity volume weight poids gewicht peso wattage voltage
    power connectivity platform format language edition condition origin country made_in
    warranty unit units pack quantity count neckline sleeve heel care closure theme occasion
    compatib\w*
    """
ATTRIBUTE = _tokens(_MAKER + _LOOK)
"""Names of what a product is like or who makes it, which may well predict its class."""

MAKER = _tokens(_MAKER)
"""Names of who makes or sells a product."""

PRICE = _tokens(
    r"""
    prices? pricing mrp msrp rrp srp cost costs amount revenue turnover tarif prix preis preise
    uvp vk ek precios? pvp prezz[oi] worth \w+price price\w+ cena preco prijs 价格 售价 原价
    価格 가격 цена
    """
)
"""Names of amounts of money."""

QUANTITY = _tokens(
    r"""
    ratings? stars score reviews? stock inventory quantity qty count sales sold views clicks
    rank discount margin weight height width length depth volume size pages year age num\w*
    number_of_\w+ n_\w+ total pct percent(?:age)?
    """
)
"""Names of measured or counted quantities."""

MOMENT = _tokens(
    r"""
    date dates time timestamp datetime created updated modified crawled epoch ts datum fecha
    added published scraped unix
    """
)
"""Names of moments."""

UNNAMED = re.compile(
    r"^(?:unnamed(?:_\d+)*|column_\d+|index|_*index_level_\d+_*|level_0|x|row|rownum)$"
)
"""Names that programs give to row numbers."""


_OWNER = _tokens(r"colou?r size style file image filename user customer country")


def files(name: str) -> bool:
    """Say whether a normalised name is that of a column that files products.

    Such a column may well tell the target or be told by it: ``department``, ``category_id``.
    """
    return bool(_FILING.search(name) or _FILING_ALONE.search(name))


def is_prose(name: str) -> bool:
    """Say whether a normalised name is that of a text: ``title``, but not ``brand_name``."""
    if not PROSE.search(name):
        return False
    return not (files(name) or MAKER.search(name) or _OWNER.search(name))
