import Foundation
import Glibc
import Pipelines

/// Authenticated encryption: ChaCha20-Poly1305 (RFC 8439), done by the machine's OpenSSL 3.
package struct Sealing: Sendable {
  private let key: [UInt8]

  /// - Parameter key: 32 bytes.
  package init(key: [UInt8]) throws(Problem) {
    guard key.count == 32 else {
      throw Problem(
        "wrong-key", "The workspace's key is not 32 bytes long.", hint: "WEIR_KEY holds 32 bytes in base64.")
    }
    self.key = key
  }

  package static func newKey() -> [UInt8] { random(32) }

  /// Nonce, ciphertext and tag of `text`; `name` is bound to it, so that a sealed value can't be moved under another name.
  package func seal(_ text: String, as name: String) throws(Problem) -> [UInt8] {
    let nonce = Self.random(12)
    return try nonce + transform(Array(text.utf8), nonce: nonce, tag: nil, name: name)
  }

  /// - Throws: `wrong-key` if the value was sealed with another key or name, or changed.
  package func open(_ sealed: [UInt8], as name: String) throws(Problem) -> String {
    guard sealed.count >= 28 else { throw Self.refused(name) }
    let bytes = try transform(
      Array(sealed[12..<(sealed.count - 16)]), nonce: Array(sealed[..<12]), tag: Array(sealed.suffix(16)), name: name)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Encrypts (and appends the tag) if `tag` is nil, else decrypts.
  private func transform(_ input: [UInt8], nonce: [UInt8], tag: [UInt8]?, name: String) throws(Problem) -> [UInt8] {
    let library = try OpenSSL.loaded()
    guard let context = library.newContext() else { throw Self.refused(name) }
    defer { library.freeContext(context) }
    let associated = Array(name.utf8)
    var output = [UInt8](repeating: 0, count: input.count + 16)
    var newTag = tag ?? [UInt8](repeating: 0, count: 16)
    var length: Int32 = 0
    var isGood = library.initialize(context, library.cipher(), nil, key, nonce, tag == nil ? 1 : 0) == 1
    isGood = isGood && library.update(context, nil, &length, associated, Int32(associated.count)) == 1
    isGood = isGood && library.update(context, &output, &length, input, Int32(input.count)) == 1
    if tag != nil { isGood = isGood && library.control(context, 0x11, 16, &newTag) == 1 }
    var rest: Int32 = 0
    var tail = [UInt8](repeating: 0, count: 16)
    isGood = isGood && library.finish(context, &tail, &rest) == 1
    if tag == nil { isGood = isGood && library.control(context, 0x10, 16, &newTag) == 1 }
    guard isGood else { throw Self.refused(name) }
    return Array(output[..<Int(length)]) + (tag == nil ? newTag : [])
  }

  private static func refused(_ name: String) -> Problem {
    Problem(
      "wrong-key", "The secret \"\(name)\" can't be opened with this workspace's key.",
      hint: "Set it again with weir secrets set \(name), or give the right WEIR_KEY.")
  }

  private static func random(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }
}

/// The few functions of libcrypto that are used, found at run time (it comes with libpq).
private struct OpenSSL: Sendable {
  typealias Bytes = UnsafePointer<UInt8>
  typealias Room = UnsafeMutablePointer<UInt8>
  let newContext: @convention(c) () -> OpaquePointer?
  let freeContext: @convention(c) (OpaquePointer?) -> Void
  let cipher: @convention(c) () -> OpaquePointer?
  let initialize: @convention(c) (OpaquePointer?, OpaquePointer?, OpaquePointer?, Bytes?, Bytes?, Int32) -> Int32
  let update: @convention(c) (OpaquePointer?, Room?, UnsafeMutablePointer<Int32>?, Bytes?, Int32) -> Int32
  let finish: @convention(c) (OpaquePointer?, Room?, UnsafeMutablePointer<Int32>?) -> Int32
  let control: @convention(c) (OpaquePointer?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32

  private static let library: OpenSSL? = {
    guard let handle = dlopen("libcrypto.so.3", RTLD_NOW) else { return nil }
    func function<Function>(_ name: String) -> Function? {
      dlsym(handle, name).map { unsafeBitCast($0, to: Function.self) }
    }
    guard let newContext: @convention(c) () -> OpaquePointer? = function("EVP_CIPHER_CTX_new"),
      let freeContext: @convention(c) (OpaquePointer?) -> Void = function("EVP_CIPHER_CTX_free"),
      let cipher: @convention(c) () -> OpaquePointer? = function("EVP_chacha20_poly1305"),
      let initialize: @convention(c) (OpaquePointer?, OpaquePointer?, OpaquePointer?, Bytes?, Bytes?, Int32) -> Int32 =
        function("EVP_CipherInit_ex"),
      let update: @convention(c) (OpaquePointer?, Room?, UnsafeMutablePointer<Int32>?, Bytes?, Int32) -> Int32 =
        function("EVP_CipherUpdate"),
      let finish: @convention(c) (OpaquePointer?, Room?, UnsafeMutablePointer<Int32>?) -> Int32 = function(
        "EVP_CipherFinal_ex"),
      let control: @convention(c) (OpaquePointer?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 =
        function("EVP_CIPHER_CTX_ctrl")
    else { return nil }
    return OpenSSL(
      newContext: newContext, freeContext: freeContext, cipher: cipher, initialize: initialize, update: update,
      finish: finish,
      control: control)
  }()

  static func loaded() throws(Problem) -> OpenSSL {
    guard let library else {
      throw Problem(
        "library-missing", "Secrets need OpenSSL 3 (libcrypto.so.3), which was not found.",
        hint: "apt-get install libssl3")
    }
    return library
  }
}
