/* A door to libhdf5 for Swift: constants that are macros or mutable globals in hdf5.h, and the two calls whose
   signature depends on the library's version, as inline functions. Most of the macros start the library, so these
   functions are calls of it like any other. */
#ifndef LIKENESS_CHDF5_SHIM_H
#define LIKENESS_CHDF5_SHIM_H

#include <hdf5.h>
#include <stdint.h>

/* Property lists. */
static inline hid_t hdf5_default_properties(void) { return H5P_DEFAULT; }
static inline hid_t hdf5_file_access_class(void) { return H5P_FILE_ACCESS; }
static inline hid_t hdf5_file_create_class(void) { return H5P_FILE_CREATE; }
static inline hid_t hdf5_group_create_class(void) { return H5P_GROUP_CREATE; }
static inline hid_t hdf5_link_create_class(void) { return H5P_LINK_CREATE; }
static inline hid_t hdf5_dataset_create_class(void) { return H5P_DATASET_CREATE; }
static inline hid_t hdf5_dataset_access_class(void) { return H5P_DATASET_ACCESS; }

/* Access flags, the whole-extent selection and the default error stack. */
static inline unsigned hdf5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned hdf5_read_write(void) { return H5F_ACC_RDWR; }
static inline unsigned hdf5_create_new(void) { return H5F_ACC_EXCL; }
static inline hid_t hdf5_all(void) { return H5S_ALL; }
static inline hid_t hdf5_default_error_stack(void) { return H5E_DEFAULT; }

/* Types in memory. */
static inline hid_t hdf5_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t hdf5_native_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t hdf5_native_int8(void) { return H5T_NATIVE_INT8; }
static inline hid_t hdf5_native_uint16(void) { return H5T_NATIVE_UINT16; }
static inline hid_t hdf5_native_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t hdf5_native_int64(void) { return H5T_NATIVE_INT64; }

/* Types in files. */
static inline hid_t hdf5_f32le(void) { return H5T_IEEE_F32LE; }
static inline hid_t hdf5_f32be(void) { return H5T_IEEE_F32BE; }
static inline hid_t hdf5_f64le(void) { return H5T_IEEE_F64LE; }
static inline hid_t hdf5_f64be(void) { return H5T_IEEE_F64BE; }
static inline hid_t hdf5_i8le(void) { return H5T_STD_I8LE; }
static inline hid_t hdf5_i32le(void) { return H5T_STD_I32LE; }
static inline hid_t hdf5_i64le(void) { return H5T_STD_I64LE; }
static inline hid_t hdf5_c_string(void) { return H5T_C_S1; }
static inline size_t hdf5_variable_length(void) { return H5T_VARIABLE; }

/* The number of attributes of an object, or a negative number on failure. */
static inline int64_t hdf5_attribute_count(hid_t object) {
#if H5_VERSION_GE(1, 12, 0)
  H5O_info2_t info;
  if (H5Oget_info3(object, &info, H5O_INFO_NUM_ATTRS) < 0) return -1;
#else
  H5O_info_t info;
  if (H5Oget_info(object, &info) < 0) return -1;
#endif
  return (int64_t)info.num_attrs;
}

/* Lets files be opened where the file system has no locks. Older libraries have only an environment variable
   for it; for them this does nothing. */
static inline herr_t hdf5_ignore_missing_locks(hid_t file_access) {
#if H5_VERSION_GE(1, 12, 1) || (H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 12, 0))
  return H5Pset_file_locking(file_access, 1, 1);
#else
  (void)file_access;
  return 0;
#endif
}

#endif
