import Foundation
import FoundationXML
import Pipelines

/// XPath 1.0 over a document in a value.
enum XPath {
  /// The text of every node, or of the number, text or truth value, that `path` leads to; none if the text isn't XML.
  /// - Throws: `bad-path` if `path` isn't XPath.
  static func values(_ document: UnsafeRawBufferPointer, _ path: String) throws(Problem) -> [String] {
    let data = Data(document)
    // Entities could grow without bounds or reach for other files.
    guard data.range(of: Data("<!DOCTYPE".utf8)) == nil,
      let parsed = try? XMLDocument(data: data, options: [.nodeLoadExternalEntitiesNever])
    else { return [] }
    do {
      return try parsed.nodes(forXPath: path).map { $0.stringValue ?? "" }
    } catch {
      throw Problem("bad-path", "\"\(path)\" isn't an XPath.", hint: "Such as /order/customer/@id or //item[1]/name.")
    }
  }
}
