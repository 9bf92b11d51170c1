extension PythonRunner {
  /// Values of each kind to Python objects and back, checked.
  static let values = #"""
    import ast, gc, importlib.util, json, math, os, resource, signal, sys, threading, time as clock
    from datetime import date, datetime, time, timezone
    from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation
    from operator import is_

    IMMUTABLE = {"bool", "int", "float", "dec", "text", "json", "blob", "date", "time", "ts", "tstz", "words"}
    dumps = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


    class Misfit(Exception):
        pass


    def each(convert):
        return lambda values: [None if v is None else convert(v) for v in values]


    def moment(parse):
        """Values Python has no object for (infinity, the year 12000) stay text."""
        def convert(text):
            try:
                return parse(text)
            except ValueError:
                return text
        return convert


    def reader(kind):
        """What turns a column as it comes into Python values; None = it is already so."""
        name = kind[0]
        if name == "dec":
            return each(Decimal)
        if name == "blob":
            return each(bytes.fromhex)
        if name in ("date", "time", "ts", "tstz"):
            parse = {"date": date, "time": time}.get(name, datetime).fromisoformat
            return each(moment(parse))
        if name == "list":
            inner = reader(kind[1])
            return inner and each(inner)
        if name == "struct":
            inner = [(field, reader(k)) for field, k in kind[1]]
            return each(lambda values: {f: v if r is None else r([v])[0] for (f, r), v in zip(inner, values)})
        if name == "map":
            keys, values = reader(kind[1]), reader(kind[2])
            def pairs(entries):
                ks, vs = [k for k, _ in entries], [v for _, v in entries]
                return dict(zip(keys(ks) if keys else ks, values(vs) if values else vs))
            return each(pairs)
        return None


    def shorten(value):
        text = repr(value)
        return text if len(text) <= 100 else text[:100] + "…"


    def called(value):
        return type(value).__name__


    def writer(kind):
        """What turns one Python value into what is sent; it raises Misfit for a value that isn't exactly of this kind."""
        name = kind[0]
        if name == "bool":
            def write(v):
                if isinstance(v, bool): return v
                raise Misfit(f"is {called(v)} {shorten(v)}, not True or False")
        elif name == "int":
            low, high = kind[1], kind[2]
            def write(v):
                if isinstance(v, Decimal) and v.is_finite() and v == v.to_integral_value(): v = int(v)
                if not isinstance(v, int) or isinstance(v, bool): raise Misfit(f"is {called(v)} {shorten(v)}, not a whole number (int)")
                if not low <= v <= high: raise Misfit(f"is {v}, which is too large")
                return int(v)
        elif name == "float":
            largest = kind[1]
            def write(v):
                if isinstance(v, bool) or not isinstance(v, (int, float)): raise Misfit(f"is {called(v)} {shorten(v)}, not a number (float)")
                if isinstance(v, int) and int(float(v)) != v: raise Misfit(f"is {v}, which a float can't hold exactly")
                if math.isfinite(v) and abs(v) > largest: raise Misfit(f"is {shorten(v)}, which is too large")
                return float(v)
        elif name == "dec":
            precision, scale = kind[1], kind[2]
            exact = Context(prec=precision, traps=[Inexact, InvalidOperation]) if precision else None
            unit = Decimal(1).scaleb(-scale)
            def write(v):
                if isinstance(v, bool) or not isinstance(v, (int, Decimal)): raise Misfit(f"is {called(v)} {shorten(v)}, not a Decimal or int")
                v = Decimal(v)
                if not v.is_finite(): raise Misfit(f"is {v}, which a decimal can't hold")
                if exact is None: return format(v, "f")
                try:
                    return format(exact.quantize(v, unit), "f")
                except DecimalException:
                    raise Misfit(f"is {v}, which decimal({precision},{scale}) can't hold exactly")
        elif name == "json":
            def write(v):
                try:
                    if isinstance(v, str):
                        json.loads(v)
                        return v
                    return dumps(v)
                except (TypeError, ValueError) as error:
                    raise Misfit(f"is no JSON: {error}")
        elif name == "blob":
            def write(v):
                if isinstance(v, (bytes, bytearray, memoryview)): return bytes(v).hex()
                raise Misfit(f"is {called(v)} {shorten(v)}, not bytes")
        elif name == "date":
            def write(v):
                if isinstance(v, date) and not isinstance(v, datetime): return v.isoformat()
                raise Misfit(f"is {called(v)} {shorten(v)}, not a date")
        elif name == "time":
            def write(v):
                if isinstance(v, time) and v.tzinfo is None: return v.isoformat()
                raise Misfit(f"is {called(v)} {shorten(v)}, not a time")
        elif name == "ts":
            finest = kind[1]
            def write(v):
                if not isinstance(v, datetime): raise Misfit(f"is {called(v)} {shorten(v)}, not a datetime")
                if v.tzinfo is not None: raise Misfit(f"is {v.isoformat()}, which has a time zone; declare it as timestamptz")
                if v.microsecond % finest: raise Misfit(f"is {v.isoformat()}, which is finer than the column")
                return v.isoformat()
        elif name == "tstz":
            def write(v):
                if not isinstance(v, datetime): raise Misfit(f"is {called(v)} {shorten(v)}, not a datetime")
                if v.tzinfo is None: raise Misfit(f"is {v.isoformat()}, which has no time zone")
                return v.astimezone(timezone.utc).replace(tzinfo=None).isoformat()
        elif name == "list":
            inner = writer(kind[1])
            def write(v):
                if not isinstance(v, (list, tuple)): raise Misfit(f"is {called(v)} {shorten(v)}, not a list")
                return [None if e is None else inner(e) for e in v]
        elif name == "struct":
            fields = [(field, writer(k)) for field, k in kind[1]]
            known = {field for field, _ in fields}
            def write(v):
                if not isinstance(v, dict): raise Misfit(f"is {called(v)} {shorten(v)}, not a dict")
                extra = [k for k in v if k not in known]
                if extra: raise Misfit(f"has a key {extra[0]!r} that isn't declared")
                return [None if v.get(f) is None else w(v[f]) for f, w in fields]
        elif name == "map":
            key, value = writer(kind[1]), writer(kind[2])
            def write(v):
                if isinstance(v, dict): v = v.items()
                elif not isinstance(v, list) or not all(isinstance(e, tuple) and len(e) == 2 for e in v):
                    raise Misfit(f"is {called(v)} {shorten(v)}, not a dict")
                return [[key(k), None if e is None else value(e)] for k, e in v]
        else:
            def write(v):
                if isinstance(v, str):
                    v.encode()
                    return v
                raise Misfit(f"is {called(v)} {shorten(v)}, not text (str)")
        def checked(v):
            try:
                return write(v)
            except UnicodeEncodeError:
                raise Misfit("is text with half a surrogate pair, which isn't valid Unicode")
            except Misfit:
                if type(v).__module__ == "numpy" and hasattr(v, "item"): return write(v.item())
                raise
        return checked


    class Column:
        """A column of the result: where it comes from and how its values are sent."""
        plain_types = {"bool": bool, "int": int, "float": float, "text": str, "words": str}

        def __init__(self, name, kind, origin, is_same):
            self.name, self.kind, self.origin = name, kind, origin
            self.write = writer(kind)
            self.keeps = is_same and kind[0] in IMMUTABLE
            plain = self.plain_types.get(kind[0])
            self.plain = {plain, type(None)} if plain else None

        def fits(self, values):
            """Whether all values can be sent as they are."""
            if self.plain is None or not set(map(type, values)) <= self.plain: return False
            if self.kind[0] == "int":
                there = [v for v in values if v is not None]
                return not there or (self.kind[1] <= min(there) and max(there) <= self.kind[2])
            return self.kind[0] != "float" or self.kind[1] > 1e300

        def text(self, values, old, raw, whole, misfit):
            """The JSON of `values`, or `=` for "as it came". `old` and `raw` are the column as it came, in line with `values`;
            `whole` says that these are all rows of a batch in their order."""
            if self.keeps and old is not None and all(map(is_, values, old)):
                return b"=" if whole else dumps(raw).encode()
            if self.fits(values):
                try:
                    return dumps(values).encode()
                except UnicodeEncodeError:
                    pass
            write, keeps, sent = self.write, self.keeps and old is not None, []
            for i, v in enumerate(values):
                if v is None:
                    sent.append(None)
                elif keeps and v is old[i]:
                    sent.append(raw[i])
                else:
                    try:
                        sent.append(write(v))
                    except Misfit as error:
                        misfit(i, self, error)
                        sent.append(None)
            return dumps(sent).encode()
    """#
}
