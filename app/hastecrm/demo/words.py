"""What invented things are called, and how often: few names are frequent, most are rare. No I/O here."""

import random
import unicodedata
from collections.abc import Sequence
from itertools import accumulate, product
from typing import Final


class Vocabulary:
    """Words of which the first ones come up most, as in life (Zipf's law)."""

    def __init__(self, words: Sequence[str], flatness: int = 4, exponent: float = 0.85) -> None:
        self.words = words
        self._weights = list(accumulate(1 / (place + flatness) ** exponent for place in range(len(words))))
        self._places = range(len(words))

    def places(self, chance: random.Random, number: int) -> list[int]:
        """Return the places of so many words that came up."""
        return chance.choices(self._places, cum_weights=self._weights, k=number)


def ascii_of(text: str) -> str:
    """Return a name as it stands in an address."""
    return unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()


def _list(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split(",")]


FIRST: Final = _list("""
    Anna, Michael, Maria, Thomas, Julia, Andreas, Laura, Peter, Sara, Daniel, Elena, Stefan, Lena,
    Markus, Eva, Martin, Sofia, Alexander, Nina, Christian, Lea, Paul, Hannah, David, Mia, Lukas, Emma,
    Felix, Katharina, Jonas, Ana, Noah, Johanna, Leon, Clara, Marco, Valentina, Ivan, Petra, José,
    Claudia, Omar, Monika, Luca, Susanne, Samir, Barbara, Jakob, Magdalena, Pierre, Victoria, Tomás,
    Isabella, Yusuf, Fatima, Ahmed, Priya, Chen, Mei, Wei, Yuki, Kenji, Olga, Dmitri, Natasha, Piotr,
    Agnieszka, Łukasz, Zoë, François, Renée, Björn, Ingrid, Søren, Freja, Jürgen, Günther, Ada, Amara,
    Annabel, Annika, Bashir, Bruno, Carla, Daria, Diego, Elif, Emil, Grace, Hana, Hugo, Ines, Kofi,
    Lina, Maja, Mila, Nadia, Nora, Rafael, Rosa, Theo, Uma, Viktor, Wanda, Yara, Zuri, Maximilian,
    Sebastian, Benjamin, Dominik, Florian, Tobias, Simon, Philipp, Matthias, Theresa""")
_ROOTS: Final = _list("""
    Schm, Müll, Wagn, Beck, Bau, Hoff, Koch, Richt, Klein, Wolf, Schröd, Neu, Schwarz, Zimm, Brau, Krüg,
    Hart, Lang, Wern, Kraus, Lehm, Köhl, Mai, Hub, Mayr, Grub, Pichl, Stein, Mos, Eb, Hais, Reit, Berg,
    Fuchs, Egg, Wies, Winkl, Aign, Lechn, Strass, Au, Bruck, Holz, Brunn, Fisch, Web, Kais, Sail, Seid,
    Zaun, Kov, Nov, Hor, Mar, Petr, Ivan, Jan, Dvor, Svob, Nem, Proch, Kuc, Vesel, Pok, Ross, Bian,
    Ferr, Espos, Ric, Rom, Col, Cos, Silv, Sant, Per, Fern, Gom, Mart, Rodr, Lop, Sanch, Ram, Tor, Flor,
    Riv, Dub, Mor, Laur, Lef, Roux, Dav, Bert, Rob, Smit, Visser, Bakk, Meij, Bos, And, Joh, Karl, Nils,
    Erik, Lars, Ols, Svens, Gust, Okaf, Adey, Mbek, Nkos, Abeb, Dial, Tan, Sat, Suz, Tak, Wat, Yam, Nak,
    Kob, Yosh, Park, Choi, Jung, Wang, Zhang, Liu, Chen, Nguy, Tran, Pham, Yilm, Kay, Dem, Sah, Cel,
    Pat, Shar, Sing, Kum, Gup, O'Br, Mac, Fitz, Rich, Hamm""")
_ENDS: Final = _list("""
    idt, er, mann, eider, ner, berger, hofer, bauer, reiter, inger, stein, bach, feld, ler, ic, ova,
    ovic, ak, ek, ini, elli, ero, etti, es, ez, ado, eira, ard, eau, ier, on, sen, son, ström, or, ele,
    aka, ato, uki, amoto, ura, en, az, ir, an, ma, gh, ley, ton, ham, wood""")
LAST: Final = [root + end for end, root in product(_ENDS, _ROOTS)]
_FORE: Final = _list("""
    Alpen, Baltic, Blue, Bright, Cedar, Danube, Elm, Fjord, Granite, Horizon, Juniper, Kestrel, Linden,
    Meridian, North, Oak, Pavone, Quarry, River, Silver, Golden, Iron, Copper, Crystal, Summit, Valley,
    Harbor, Pioneer, Vector, Nova, Orbit, Quantum, Apex, Prime, Delta, Omega, Sigma, Terra, Aqua, Luna,
    Solar, Stellar, Urban, Rural, Metro, Global, Euro, Trans, Inter, Omni""")
_MID: Final = _list("""
    blick, wind, line, stone, bridge, field, gate, works, forge, craft, mark, point, view, side, land,
    port, ford, haven, crest, peak, leaf, root, tech, soft, data, net, logic, wave, grid, core, flow,
    link, path, cast""")
INDUSTRIES: Final = _list("""
    Foods, Freight, Energy, Clinics, Analytics, Robotics, Textiles, Legal, Optics, Schools, Aviation,
    Banking, Water, Printing, Furniture, Motors, Software, Media, Consulting, Logistics, Pharma,
    Insurance, Travel, Steel, Chemicals, Design, Systems, Trading, Security, Services, Studios,
    Ventures, Telecom, Retail, Farming""")
_FORMS: Final = ("GmbH", "AG", "Ltd", "Inc", "SA", "SpA", "BV", "KG", "Group")
TITLES: Final = _list("""
    Sales Manager, Engineer, Head of Sales, Buyer, Office Manager, Project Manager, Chief Executive,
    Consultant, Accountant, Procurement Lead, Marketing Manager, Software Engineer, Assistant, Product
    Owner, Key Account Manager, Founder, Operations Director, HR Manager, CFO, CTO""")
CITIES: Final = _list("""
    Vienna, Berlin, Munich, Hamburg, Zürich, Paris, London, Milan, Madrid, Amsterdam, Prague, Warsaw,
    Budapest, Graz, Linz, Salzburg, Innsbruck, Cologne, Frankfurt, Stuttgart, Lyon, Brussels,
    Copenhagen, Stockholm, Oslo, Helsinki, Lisbon, Dublin, Rome, Barcelona, Geneva, Basel, Ljubljana,
    Zagreb, Bratislava, Brno, Kraków""")
COUNTRIES: Final = ("Austria", "Germany", "Switzerland", "France", "Italy", "Spain", "Netherlands", "Czechia")
SOURCES: Final = ("website", "referral", "trade fair", "import", "cold call")
PRODUCTS: Final = _list("""
    Renewal, Pilot, Rollout, Licences, Maintenance, Training, Migration, Expansion, Support, Audit,
    Integration, Workshop, Framework Agreement, Upgrade""")
ACTIVITIES: Final = (
    ("call", "Asked how it goes"), ("email", "Sent the price list"), ("meeting", "Went through the offer"),
    ("call", "Followed up"), ("email", "Answered questions about delivery"), ("demo", "Showed the product"),
    ("message", "Confirmed the date"), ("meeting", "Met the team"), ("lunch", "Lunch near the office"),
    ("other", "Met at the trade fair"),
)  # fmt: skip
TASKS: Final = _list("""
    Send the offer, Call back, Prepare the demo, Ask for the contract, Check the invoice, Plan the visit,
    Send references, Update the forecast, Write the summary, Arrange training""")
NOTES: Final = (
    "Prefers to be called in the morning; decides together with the finance department.",
    "Uses a competitor until the end of the year and is not happy with its support.",
    "Budget is approved. Wants to begin with one team and grow from there.",
    "Knows us from the trade fair; interested in the integration with their shop.",
    "Asked for a discount for three years. Legal wants to see the contract first.",
    "New in the role, reorganises purchasing; ask again after the summer.",
)
_STRIDE: Final = 104_729  # a prime, so that neighbours have nothing in common and no name comes twice


def company_name(index: int) -> tuple[str, str]:
    """Return the name and the industry of the company with this number; no other has that name."""
    total = len(_FORE) * len(_MID) * len(INDUSTRIES) * len(_FORMS)
    rest = index * _STRIDE % total
    rest, fore = divmod(rest, len(_FORE))
    rest, mid = divmod(rest, len(_MID))
    form, industry = divmod(rest, len(INDUSTRIES))
    name = f"{_FORE[fore]}{_MID[mid]} {INDUSTRIES[industry]} {_FORMS[form]}"
    return name, INDUSTRIES[industry]
