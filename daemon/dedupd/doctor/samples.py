"""One tiny whole picture of each format, to see whether this machine can read it.

Made by the writers of OpenCV and libheif, the RAW by the tests' own; kept compressed, as text.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from types import MappingProxyType

_PACKED = {
    "jpeg": (
        "eNr7f+P/AwYBLzdPNwZGRgYGRiBk+H+bwZmBl5OLm4uDl5uLm4+Pl19YQVRYSEhYXUZOXEFP09BAT1NXx9jKy87Y"
        "zM1cR9ch3NHNxy8oOMjILioxKiDBKzDIH2QIIx8fn7CgsJqoqJq/qa6pP8ng/wEGQQ4GCQYFZkYlBiZBRmZBxv9H"
        "GOSB7mRlBAMGKGBkYmZhZWPnADoaqGCrAAMTIzMzEwszKysLC1C2FijPwCLIKqRo6MgmHJjIrlQoYtQ4cSGHstPG"
        "g6JBFz+oGCcVNXFyiYlLSEqpqqlraGqZmJqZW1haObu4url7eHoFh4SGhUdERiWnpKalZ2RmFZeUlpVXVFY1t7S2"
        "tXd0dk2aPGXqtOkzZs5atHjJ0mXLV6xctWnzlq3btu/YuevQ4SNHjx0/cfLUpctXrl67fuPmrYePHj95+uz5i5ev"
        "Pn76/OXrt+8/fv4C+YuRgZkRBrD6SxDoLyYWFmYWdpC/GJnKQQoEWVgVDdmEHAPZEwuFlYwaOUScJi7ceJBT2Tjo"
        "g2hS0UUuMRWTh6ofQV4D+4w4jzWR5TO4xxD+usXAw8wIjDxmQQZ7huMG1cE+clfXJHxbNsN29blDYXbT9tmfOYki"
        "+vLD1H4loOgtsOiVwHj+lsk2q74uMzn41tegOtC11kzI5+PrazP/3wQAMur80g=="
    ),
    "png": (
        "eNrrDPBz5+WS4mJgYOD19HAJAtIKQCzBwQQkRQwzkhkYmJZ4ujiGePCyHlTUYWUQcbj4+9LcVUjAS6BO4AaL8UE3"
        "IM3iCEblj+f8bDbgOYwNPS9vxSWTPhWXTHUvLpnsubhkinG6IHkyLpnablwyubNxyZS245JJnY5LprIfh0z6Tn+J"
        "tkRs6HOJAy6ZCg8cMsX1Lrhkyn1wyRQ74ZKp9cIls1MBu3cO79yhhEMm8o4QdsMezrEXwCWjy4ndsA/y7hZ8Xuz9"
        "lU+AyZbB09XPZZ1TQhMAFhX5hw=="
    ),
    "webp": (
        "eNoBgAB//1JJRkZ4AAAAV0VCUFZQOCBsAAAAcAQAnQEqIAAYAD6tSJxJpiQioTf1WADAFYlsAJ0y1TSXqoAwguQR"
        "SU5e7aAA/s1rIsQVNcvygfuVtz6k//oZP1o3c/nwaqnjVddGaadeQtmSQxkU0KMntNESZzBGz33dasxZj57G1yWM"
        "6iAAjmc1qg=="
    ),
    "tiff": (
        "eNrz9NRieMbAwNBgf4CB/QEDP2vzwYUCO0LMhPnbXBQvSizx0xXqcXV4v8FHSF9qgvuTwJkybZ4S1S2LL1WabPPW"
        "n+ajpG9wZ12s4Rzf58EaxXs8zeb5ZRjvEpl7TXdBYMaUXbKs58yWXNYMuTXn4TH7FVe1QnddkdznseZq9jStF7Lb"
        "AjfceBsWaRyzNXNbTM7ktpl9D4u33lPJ+Zx673P9TqNz219PY/rCnjx/w4wa09629qOPC7a6/nJWnnwsMjxzzr50"
        "26DoFZt36vw5mLb64jOTSalVl4OX3vCcmn23bn2oePDGbbtre2Ldzt99XxHQwcHDwMDIzMAI9KcCEDNC2RJAzARk"
        "MwPpGqAAM1ScFYjZoGwmIBZkZAGzOYBYFCoO0iOGZI44VM09IJaBioOwLZI5wVC7mkACYPNAkBEMAdjCcQk="
    ),
    "gif": (
        "eNolk7Fr3wUQxZ82tjGNULFDHRufHUS0hA6Kgw1N7FXERuz9AQUnOQedpHQxJT/E6Ya4dND8OslNDvcPiEvpZBe5"
        "UXDxPxDl4OwX33Lb4929+9y89cE77969gG38jf+lQAADAlQwwIEAopCADAwwhQVs4IArPOCDBFKRgRwUUIoK1KCB"
        "VnSgZ7GEEkEMCVLJIIcCilKCMjTQlBa0oYOu9KAPE0xlBnNYYCkrWMMGW9nBniUmVBCCEUKowhCOCERUJERGDGIq"
        "FmIjDnEVD/GRhKRKhuRIQUqlQmqkIa3SIT3L6lBDGMYIoxrDOCYwUZMwGTOYqVmYjTnM1TzMxxKWahmWYwUrtQqr"
        "sYa1Wof1LOeEOsIxTjjVGc5xgYu6hMu4wU3dwm3c4a7u4T6e8FTP8BwveKlXeI03vNU7vGepCJqIxCSR1GQkJwUp"
        "mhIpk4Y0TYu0SUe6pkf6ZCJTMyNzspClWZE12cjW7MiepXZoIQpTRFGLUZwSlGhJlEwZyrQsyqYc5Voe5VOJSq2M"
        "yqlClVZF1VSjWqujepZXgjaiMU00tRnNaUGLtkTLtKFN26Jt2tGu7dE+nejUzuicLnRpV3RNN7q1O7rn8pz/+ODO"
        "pzf2Dg9237p65rlnNFz+Z2P7s2fzzQWNBZNzm/ew983zV/yP64fro+MPLz05/fVoff2FG5t/nR482Hpl9eKdn//8"
        "ZbXGF/e//vLu6dWdt+9trL567eb3526f3dq4sv3R0c7Bk/3jrVdv//jThfWtk7OfPN1/LOud1XcXd3e/fcw3Tlaf"
        "P/rh/QeP9njt6eG144f/8vWT337f3T//8kubeO8/C0OyyA=="
    ),
    "bmp": (
        "eNp1wyHPnDAYAOB3M6TJQpYmJEuKo2IhqcA0uDeZIDUVTVDFUcUf2F+Z+MQnTpw4gUAgEAgEAoFAIBAIBOLEiROf"
        "mNgu83uS54f++Rn+ka/fX7++fnn9BN/gv9ziudl3U+DG0A2R62PXJa5NXYOuztxNu2vuLoV7L91b5X6BXT27+HYO"
        "7BTaMbJDbPvEdqlt0TaZrbW95fZa2Etp3yv7BmbzzOqbJTBzaKbIjLEZEtOnpkPTZqbRps7NrTDX0lwq8w5q99Tm"
        "qzVQS6jmSE2xGhM1pKpH1WWq1arJVV2oW6mulboAHh7uPm4BriEuEc4xTgmOKQ6IfYadxjbHpsC6xFuFV5CnJw9f"
        "7oHcQrlGconlnMgplSPKIZO9ll0u20I2pawreQNx98TpiyMQeyi2SKyxWBIxp2JCMWZi0KLPRVeIthRNJWrgD4/f"
        "fX4G/Aj5HvEt5mvCl5TPyKeMj5oPOe8L3pW8rXgD7Omxh8/uATtDdkRsj9mWsDVlC7I5Y5NmY86GgvUl6yrWAv3w"
        "6NOnj4DeQ3pG9IjpntAtpSvSJaOzplNOx4IOJe0r2gH57ZEPnzwD8gjJPSJnTI6E7CnZkKwZWTSZczIVZCzJUJEe"
        "4I8Hv334COAZwiOCewxnAkcKO8KWwaphyWEuYCphrGD4CyPY5ls="
    ),
    "jp2": (
        "eNpjYGDgyQpQUODlaudiYGAQSSupLMgqMFIAshmgtC6QzgDSYpkZKUVA2gCIHRiY2dlBahj4k/NzihjBTAEg3gRU"
        "nPzf/38ggz5YzAGqAQZQ+czsjIwQ9D+IgQcowMjAysLCwPg/hkHYwcHDIwAZ/U9hUGVgdC5KTSxJTVFIqlTwL0jN"
        "8wpwdVcoSy0qzszPUzDSM9Uz/j+BgQtsuDbQnMn3GRJYFZjvCLAtuyPAGd+ACv7fBAA4zDaF"
    ),
    "avif": (
        "eNpjYGBQSCupLEgsy0xjAAIQnZuZZpibmZjm62joBBR6nZtaksgAAYoZKTlFUDZDQWZyCQMa4CvILMkFsxiBWC4z"
        "Jz8ZxHEB8RkhoozCQDoFiDUyM/PS4GqlgJxUJigvsczA0Dk/Jx9sV1ZmQVEBkPbOLEjOB9IimcUFqVD7FIBYAogF"
        "CjIrMkECzBwcHECKJ7HM0LmRgQckJJycn1OUl5xTATSZl4GtASgknlmQC/MT0GEsjEzNLEBmTm5KYokQAxenhKB9"
        "WQdHhomCUaike3ubYvu8ymdNDgxHHjpYhTrG2G8wt2L84n9z8+fFD7mYrv7pd/Cem/+cYXr9lNZQO7MVAdNi71yy"
        "Ezq2vGSj9DG3NU+jLs5fv2DXidYlejdZ19ctT/h56gUAnplazQ=="
    ),
    "heic": (
        "eNpjYGCQSSupLMhIzUxmAILczDRDEDs3MzGNgYGxNje1JJEBAhQzUnKKoGyGgszkEgY0oJSZkw82xMWBgREIgYBx"
        "IYQGAlcgVs7MzEsD80CiokBOKhOUl1GWbAhi8hVkluTClfzNLCgqANJ3MwuS84F0GVCZMyMzSGgCWJHcB4Y/f3/8"
        "YGDgZ04A6pBwYORh/P8fpIAZpIIZhOR2MTkkAiW1nBgZ0WQWKDSyTnv1ZNnOHRwZBgpAIWYQwaCYBFTO5sJ4sPhA"
        "J9AS4eT8nKK85JwKoCgvA1sDUEgks7ggFeozByjWSM5JLICyQY43gNIgwPT///8PIBqIBQoyKzJBgswcHBxASiKz"
        "IBcWyMBwY21kYmZtAbJ9c1MSQYHsqMG4XrLhfdiCt68mHIo0j1t4bdvMXM8MWxGr/H3Lnd27s1cbvyu+vJC7R+7p"
        "kdyz5p4ajzc9ypxbX+uzLSLpjsyFPbs2AACjfGqE"
    ),
    "raw": (
        "eNp1k0GI4mYYhr8kG93mYLO2G8OKDEk6NjVF0IsJeFFUuiGFIsRDyUERtAcPngqCdIYcnFNLhZzmUubkQRzByXFv"
        "gbksQiRzCHsfkOJVrZduP9cpnUuVx+8N7/+//+sPefs2Az8BwO+/ALBfA+y8jx+Pc7Q5za8+nOZ3b0/+H8Rpfkue"
        "5su/Tr7+zen5/+Dgb3gBuPn0IU6aP8pnmiSoT5pFqCd9JPKkpUuAzwkS8HD4/rjumX71lPMz/sSf7X39THPPzko8"
        "6csXAL/a1KecY9pvNoFNPxUj4/cnjUvhi381bvry/r9zU/ennOafAMI9A5+hfonI9zRQOH9Afrw/dXj99PePay8/"
        "ABTfA4zfAVzcAtA3AKID8HAFkBwCbPu4rgNgWQBpvL807JA9mQY1kgafScOKTYPOp6EmpCFQ0nAopMGrom9efphj"
        "9hyz55g9x+w5Zs8xe47Zc8yeY/Ycs+ewrs9hRnDIDtmTM0KNzAifmRErdkbo/IyoCTMiUGbEoTAjvCr6ZvG9TI3f"
        "ydTFrUzRNzIlOjL1cCVTyaFMbfsy1ezIlGXJ1LouU4QuUzLNgUzvkD0p02pEpn1GplesTOu8TNcEmQ4UmT4UZNqr"
        "om+O37nRi1s3St+4UdFxow9XbjQ5dKPbvhttdtyoZbnRdd2NErobnZTcqM9weCM7ZE/6jBrxmeN3xfqMzvtMTfCZ"
        "QPGZQ8FnvCr65sWtHaNv7Jjo2LGHKzuWHNqxbd+ONTt2zLLs2Lpuxwjdjk1KdizU7NgyzsEyvkP25DKuRpZxn1nG"
        "V+wyrvPLeE1YxgNlGT8UlnGvir6JvRPYO4G9E9g7gb0T2DuBvRPYO4G9E9g7EWpuYpx3E8UUB8XUDtmTxZQaKaZ8"
        "pphascWUzhdTNaGYCpRi6lAoprwq+qbodKWHq66UHHalbb8rNTtdybK60rrelQi9K01KXSnUutI435UCpSupGQ7U"
        "zA7Zk2pGjagZvIXMilUzOq9maoKaCRQ1cyioGa+Kvvlwtcglh4vctr/INTuLnGUtcuv6Ikfoi9yktMiF2iI3zi9y"
        "gbLIXZ8fnzkItR2yJ0NNjYSaz4Taig01nQ+1mhBqgRJqh0KoeVX0zeRwWt72p+VmZ1q2rGl5XZ+WCX1anpSm5VCb"
        "lsf5aTlQpuXr82n58WxazhocZI0dsiezhhrJGj6TNVZs1tD5rFETskagZI1DIWt4VfTNbb/daHbaDctqN9b1doPQ"
        "241Jqd0ItXZjnG83AqXduD5vNx7P2o27N+2G0eLAaO2QPWm01IjR8hmjtWKNls4brZpgtALFaB0KRsurom82O5ue"
        "ZW166/qmR+ib3qS06YXapjfOb3qBsuldn296j2eb3t2bTQ+4Ta8y4KAy2CF7sjJQI5WBz1QGK7Yy0PnKoCZUBoFS"
        "GRwKlYFXRd+0LHO0rpsjQjdHk5I5CjVzNM6bo0AxR9fn5ujxzBzdvTFHwJmj96/Mkehw+H7vkD0pOmpEdHxGdFas"
        "6Oi86NQE0QkU0TkURMerom/+A7DkxBw="
    ),
}

SAMPLES: Mapping[str, bytes] = MappingProxyType(
    {name: zlib.decompress(base64.b64decode(text)) for name, text in _PACKED.items()}
)
"""The whole files, by content type as `pictures.formats.READERS` names it."""
