import CCrypto
import CHDF5

/// The C libraries that this module stands on, as found when the program runs.
public enum StorageLibraries {
  /// The version of libhdf5, such as `1.10.8`.
  public static var hdf5Version: String { HDF5Library.version }

  /// Whether libhdf5 was built to be called by several threads. Likeness calls it under a lock of its own either way.
  public static var isHDF5ThreadSafe: Bool {
    HDF5Library.withLock {
      var isThreadSafe: hbool_t = false
      return H5is_library_threadsafe(&isThreadSafe) >= 0 && isThreadSafe
    }
  }

  /// The version of OpenSSL, such as `OpenSSL 3.0.17 1 Jul 2025`.
  public static var openSSLVersion: String { String(cString: OpenSSL_version(OPENSSL_VERSION)) }
}
