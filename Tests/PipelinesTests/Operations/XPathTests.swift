import TestSupport
import Testing

@testable import Pipelines

@Suite struct XPathTests {
  private static let document = """
    <?xml version="1.0" encoding="windows-1251"?><!-- an order -->
    <n:order xmlns:n="urn:x" id="7" n:kind="b2b"><customer>Анна &amp; Co</customer>
      <items><item sku="A-1" qty="2"><price>9.99</price></item><item sku="B-2"><price>5</price><tag>x</tag><tag>y</tag></item></items>
      <items><item sku="C-3"><price>7<!-- cents -->.50</price></item></items>mixed<b>bold</b>end</n:order>
    """

  @Test(arguments: [
    ("/order/customer", ["Анна & Co"]), ("/n:order/@id", ["7"]), ("order/@kind", ["b2b"]),
    ("//item/@sku", ["A-1", "B-2", "C-3"]),
    ("/order/items/item[1]/@sku", ["A-1", "C-3"]), ("//item[last()]/price", ["5", "7.50"]),
    ("//items[2]/item/price/text()", ["7.50"]),
    ("//item[@sku='B-2']/tag", ["x", "y"]), ("//item[@sku = \"B-2\"]/tag[2]", ["y"]),
    ("//item[price='5']/@sku", ["B-2"]),
    ("//item[@qty]/@sku", ["A-1"]), ("//item[@sku!='A-1']/@sku", ["B-2", "C-3"]), ("//tag[.='y']", ["y"]),
    ("/order/*/item/@*", ["A-1", "2", "B-2", "C-3"]),
    ("//price[text()='9.99']", ["9.99"]), ("/order/b", ["bold"]), ("//nothing", []), ("/item", []), ("/x:order", []),
    ("//item//tag", ["x", "y"]),
    ("/order/items/.", ["9.995xy", "7.50"]),
  ])
  func leadsTo(_ path: String, _ texts: [String]) throws {
    var document = Self.document
    let root = try document.withUTF8 { bytes throws(Problem) in try XMLTree.read(UnsafeRawBufferPointer(bytes)) }
    #expect(try XPath(path).texts(in: root) == texts)
  }

  @Test(arguments: [
    "", "/", "//", "a/", "a[", "a[0]", "a[b", "a[@b='x]", "a b", "../a", "a::b", "count(a)", "@a/b", "text()/a",
    "@a[1]", "a[position()=1]", "é|b",
  ])
  func isRefused(_ path: String) {
    #expect(throws: Problem.self, "\(path)") { try XPath(path) }
  }

  @Test func damagedDocumentsAreReadOrRefused() {
    let whole = Array(Self.document.utf8)
    var numbers = SeededNumbers(seed: 5)
    for _ in 0..<500 {
      var bytes = whole
      bytes[Int.random(in: 0..<bytes.count, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
      if Bool.random(using: &numbers) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &numbers)) }
      let root = bytes.withUnsafeBytes { try? XMLTree.read($0) }
      #expect(root.map { (try? XPath("//*/@*").texts(in: $0)) != nil } ?? true)
    }
  }

  @Test func anyTextIsReadOrRefused() {
    var numbers = SeededNumbers(seed: 11)
    let pieces = [
      "/", "//", "a", "@", "[", "]", "'", "\"", "=", "!=", "1", "*", ".", "last()", "text()", ":", " ", "é", "\u{0}",
    ]
    for _ in 0..<2000 {
      let path = (0..<Int.random(in: 0...8, using: &numbers)).map { _ in pieces.randomElement(using: &numbers) ?? "" }
        .joined()
      _ = try? XPath(path)
    }
  }
}
