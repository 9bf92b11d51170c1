import Foundation
import Glibc
import Pipelines

/// The key of a workspace's secrets: 32 bytes in base64, in a file only its owner may read. It is never replaced.
struct KeyFile {
  let url: URL

  /// The key; nil if there is no such file.
  /// - Throws: `unusable-key` if there is one, but it can't be read or holds no key.
  func read() throws(Problem) -> [UInt8]? {
    let handle = open(url.path, O_RDONLY | O_CLOEXEC)
    guard handle >= 0 else {
      if errno == ENOENT { return nil }
      throw unusable("can't be read (\(String(cString: strerror(errno))))")
    }
    defer { close(handle) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = Glibc.read(handle, &bytes, bytes.count)
    guard count >= 0 else { throw unusable("can't be read (\(String(cString: strerror(errno))))") }
    guard let key = KeyFile.bytes(of: String(decoding: bytes[..<count], as: UTF8.self)) else {
      throw unusable("is damaged")
    }
    return key
  }

  /// A new key, written to the file.
  /// - Throws: `exists` if somebody else made one meanwhile, `not-writable`.
  func make() throws(Problem) -> [UInt8] {
    let key = Sealing.newKey()
    try PrivateFile.create(Data(key).base64EncodedString() + "\n", at: url)
    return key
  }

  /// What `WEIR_KEY` holds.
  /// - Throws: `unusable-key`.
  static func key(in text: String) throws(Problem) -> [UInt8] {
    guard let key = bytes(of: text) else {
      throw Problem("unusable-key", "The variable WEIR_KEY holds no key.", hint: "A key is 32 bytes in base64.")
    }
    return key
  }

  private static func bytes(of text: String) -> [UInt8]? {
    let key = Data(base64Encoded: text.trimmingCharacters(in: .whitespacesAndNewlines)).map(Array.init)
    return key?.count == 32 ? key : nil
  }

  /// - Parameter secrets: the file that nothing opens without the key.
  func unusable(_ state: String, among secrets: URL? = nil) -> Problem {
    let secrets = secrets ?? url.deletingLastPathComponent().appending(path: "secrets.json")
    return Problem(
      "unusable-key", "The key of this workspace's secrets, \(url.path), \(state).",
      hint:
        "Restore the file from a backup, or give its text as WEIR_KEY. If it is lost: delete it and \(secrets.path), then set the secrets again."
    )
  }
}
