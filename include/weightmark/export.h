// Marks what libweightmark exports; everything else has hidden visibility.
#pragma once

#if defined(__GNUC__)
#define WEIGHTMARK_API __attribute__((visibility("default")))
#else
#define WEIGHTMARK_API
#endif
