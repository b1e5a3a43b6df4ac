"""What money looks like in product texts: currency marks, price words, and what is no money.

The lists are read by `aisle.catalog.prices`. Marks that mean something else as often as money stay
out: ``Ft`` (forint, but also feet), ``pounds`` (weight), ``ct`` (cents, but also carats), ``TRY``,
``GEL``, ``PEN`` and ``ALL`` (codes, but also words of capital titles).
"""

from __future__ import annotations


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


SYMBOLS = frozenset("₹₨$€£¥₩₽₺₫₴₱฿₪₦₡₲₵₸￥＄￡¢")
"""Characters that stand for a currency, before or after a number."""

SPACE_GROUPED = _words(
    """
    € ₽ &euro; &#8364; zł kč kr eur euro euros chf sek nok dkk pln czk huf rub uah zar руб
    """
)
"""Marks of currencies whose thousands are often parted by a plain space: "1 299,00 €"."""

POINT_GROUPED = _words(
    """
    € &euro; &#8364; eur euro euros r$ brl kr dkk tl ₺ ₫ vnd idr clp cop ars pesos
    """
)
"""Marks of currencies whose thousands are often parted by a point: "1.299 €"."""

ENTITIES = ("&#8377;", "&#x20b9;", "&euro;", "&#8364;", "&pound;", "&#163;", "&yen;", "&dollar;")
"""Currency symbols as HTML writes them."""

CODES = _words(
    """
    USD EUR GBP INR JPY CNY RMB CHF AUD CAD NZD SGD HKD SEK NOK DKK PLN CZK HUF RON BRL MXN ZAR
    AED SAR QAR KWD KRW THB MYR IDR PHP VND PKR BDT LKR NPR RUB UAH ILS TWD ARS CLP COP
    """
)
"""ISO 4217 codes that are no words of a title; in capitals only."""

CODES_ANY_CASE = _words(
    """
    rs re. inr usd eur gbp rupees rupee
    """
)
"""Marks that are read in any case; ``Rs`` and its kin stand before or after the number."""

NAMES_AFTER = _words(
    """
    euro euros eur dollar dollars dólar dólares dolares rupees rupee rupie rupien roupies rupias
    rupaye rs inr usd gbp yen yuan peso pesos franc francs franken francos kr kronor kroner zł
    zloty kč tl руб грн cent cents centimes paise bucks रुपये रुपए रू रु
    """
)
"""Names of money that follow a number: "24 euros", "899 rupees"."""

MINOR_UNITS = frozenset({"¢", "cent", "cents", "centimes", "paise"})
"""Marks of hundredths of a currency."""

PRICE_WORDS = _words(
    """
    price prices priced pricing mrp m.r.p cost costs costing rrp r.r.p msrp srp prix tarif coûte
    coute preis preise kostet uvp precio precios pvp p.v.p cuesta cuestan coste keemat kimat
    daam कीमत दाम मूल्य
    """
)
"""Words that announce an amount, so a bare number after them is money unless a unit follows it."""

ADVERBS = _words(
    """
    only just now offer deal save worth sirf nur jetzt angebot seulement maintenant offre solo
    sólo ahora oferta rebajado केवल सिर्फ मात्र
    """
)
"""Words that often stand before an amount, and often before a count."""

PREPOSITIONS = _words(
    """
    for at from under below für ab von um pour à dès por desde de @ mein
    """
)
"""Words that stand before an amount now and then, and before much else."""

FILLERS = _words(
    """
    is was are of to in the a an range starting starts start best low lowest special sale
    discounted retail list our your it you around about approx upto up here each per est ist es
    son der le la un una el il vom zum
    """
)
"""Words that may stand between a price word and its number: "price starts at just 499"."""

CLOSERS = _words(
    """
    now today only online from at on free incl inclusive including inkl zzgl ttc iva statt buy
    order shop uniquement seulement nur sólo solo en mein
    """
)
"""Words that follow an amount and rarely a count: "for 899 only", "at 1,199 from the shop"."""

MAGNITUDES = _words(
    """
    k lakh lakhs lac lacs crore crores million millions mio mille mil
    """
)
"""Words that belong to the amount before them: "₹ 1.5 lakh"."""

UNITS = _words(
    """
    mm cm cms dm m mtr mtrs meter meters metre metres km inch inches ft feet foot yd yard yards
    mil micron microns sqft sq g gm gms gr gram grams gramm gramme grammes gramos kg kgs kilo
    kilos mg mcg lb lbs pound pounds oz ounce ounces ton tons carat carats ct ml cl dl l ltr
    ltrs lt liter liters litre litres litro litros gallon gallons gal fl cc gb tb mb kb gbps
    mbps kbps bit bits byte bytes mp megapixel megapixels pixel pixels px dpi ppi fps w watt
    watts kw kwh wh v volt volts va amp amps ma mah ah hz khz mhz ghz rpm db nm lm lumen lumens
    lux kelvin bar psi pa nits gsm tc denier ply x by degree degrees deg percent pct stars star
    point points year years yr yrs month months week weeks day days hour hours hr hrs minute
    minutes min mins second seconds sec secs ms times time age ages jahre jahr tage stunden ans
    mois jours heures años meses días horas piece pieces pc pcs pack packs packet packets set
    sets pair pairs unit units count item items product products box boxes bottle bottles tablet
    tablets capsule capsules sheet sheets page pages roll rolls bag bags stück stk teilig pièces
    pièce unidades piezas people person persons personen personas personnes users user seats
    seater adults kids players speed port ports pin pins way core cores channel channels key
    keys pocket pockets compartments hooks shelf shelves shelved drawers layers blades leds
    lights bulbs cells cell batteries battery colors colours sizes size style styles cups plates
    servings wash washes cycles ratings reviews customers shops stores
    """
)
"""Words after a number that make it a size, a capacity, a span of time or a count."""
