"""Two short texts written for this library, dedicated to the public domain (CC0)."""

from pathlib import Path

BICYCLE = """# Cuidar una bicicleta

Una bicicleta dura muchos años si se le dedica un cuarto de hora al mes.

## La cadena

Limpie la cadena con un trapo seco y ponga una gota de aceite en cada eslabón. Deje que el aceite penetre unos minutos
y quite lo que sobra: el exceso atrae el polvo. Una cadena que salta o que se ha alargado hay que cambiarla.

## Un pinchazo

1. Saque la rueda y quite un lado de la cubierta con los desmontables.
2. Infle un poco la cámara y búsquela en un cubo de agua: las burbujas delatan el agujero.
3. Seque, lije y pegue el parche. Espere cinco minutos antes de montar la rueda.
4. Pase los dedos por dentro de la cubierta y retire el cristal o la espina que causó el pinchazo.

## Los frenos

Las zapatas deben tocar la llanta, nunca el neumático. Si la palanca llega hasta el manillar, tense el cable. En los
frenos de disco, no toque el disco con los dedos: la grasa los hace chirriar.

## La presión

| Bicicleta | Presión |
|---|---|
| de carretera | 6–8 bar |
| de ciudad | 3–5 bar |
| de montaña | 2–3 bar |
"""
MISO_SOUP = """味噌汁の作り方（二人分）

材料
水　四百ミリリットル、昆布　五センチ、かつお節　ひとつかみ、豆腐　半丁、
乾燥わかめ　小さじ一、長ねぎ　少々、味噌　大さじ二。

だしをとる
鍋に水と昆布を入れて三十分おく。弱火にかけ、沸騰する直前に昆布を取り出す。かつお節を入れて火を止め、二分待ってからこす。

具を煮る
だしを温め、さいの目に切った豆腐と、水で戻したわかめを入れて、一分ほど煮る。

味噌を溶く
火を止めてから、お玉の中で味噌を少しずつ溶き入れる。味噌を入れた後は沸騰させない。香りが飛んでしまうからである。
器に盛り、刻んだ長ねぎを散らす。

残りは冷蔵庫に入れ、その日のうちに食べきる。
"""


def write_notes(target: Path) -> None:
    """Save the Spanish Markdown file and the Japanese text file to `target`, an existing folder."""
    (target / "cuidar-una-bicicleta.md").write_text(BICYCLE, encoding="utf-8")
    (target / "味噌汁の作り方.txt").write_text(MISO_SOUP, encoding="utf-8")
