import FeatureStores
import Testing

@Suite("Image names")
struct ImageNameTests {
  @Test(arguments: [
    ("image.jpg", "image"), ("folder/image.jpg", "folder/image"), ("a.b/image", "a.b/image"),
    ("a.b/c.d.png", "a.b/c.d"), ("", ""), ("image", "image"), ("image.", "image"),
    // A dot that begins a name begins no extension.
    (".hidden", ".hidden"), ("folder/.hidden", "folder/.hidden"), (".hidden.jpg", ".hidden"),
    ("folder.d/", "folder.d/"), ("/", "/"), ("Zoë/Zoë_0001.jpg", "Zoë/Zoë_0001"),
    ("名/前.jpeg", "名/前"),
  ]) func `The extension of the last component goes`(_ path: String, _ expected: String) {
    #expect(withoutExtension(path) == expected)
    #expect(withoutExtension(("x" + path).dropFirst()) == expected)
  }
}
