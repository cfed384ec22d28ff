# The compiler of the wheel and the libraries that packaging/wheel/dependencies built,
# whose folder is in WEIGHTMARK_WHEEL_TOOLS. Nothing of this machine's own is found but
# programs, and Python, of which only the headers are used.
set(tools $ENV{WEIGHTMARK_WHEEL_TOOLS})
set(CMAKE_C_COMPILER ${tools}/bin/cc)
set(CMAKE_CXX_COMPILER ${tools}/bin/c++)
set(CMAKE_ASM_COMPILER ${tools}/bin/cc)
set(CMAKE_AR ${tools}/bin/ar)
set(CMAKE_RANLIB ${tools}/bin/ranlib)
list(APPEND CMAKE_PREFIX_PATH ${tools}/prefix)
set(CMAKE_FIND_USE_CMAKE_SYSTEM_PATH OFF)
set(ENV{PKG_CONFIG_LIBDIR} ${tools}/prefix/lib/pkgconfig)
set(OPENSSL_USE_STATIC_LIBS ON)
# The compiler has a linker of its own.
set(MOLD NO CACHE FILEPATH "")
