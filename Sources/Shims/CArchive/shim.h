/* libarchive: tar in, tar out. */
#include <archive.h>
#include <archive_entry.h>

/* AE_IF* are macros with a cast, which Swift does not import. */
enum {
    keel_ae_mask = AE_IFMT,
    keel_ae_file = AE_IFREG,
    keel_ae_symlink = AE_IFLNK,
    keel_ae_socket = AE_IFSOCK,
    keel_ae_character = AE_IFCHR,
    keel_ae_block = AE_IFBLK,
    keel_ae_directory = AE_IFDIR,
    keel_ae_pipe = AE_IFIFO,
};
