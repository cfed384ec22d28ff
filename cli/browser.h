// The browser of the person at this machine.
#pragma once

#include <string>

namespace weightmark::cli {

// has_browser says whether there is a screen for one, or BROWSER names one.
bool has_browser();

// open_browser starts what BROWSER names (programs with their arguments, separated by
// colons; "%s" stands for the address, which else comes last), else xdg-open, and does
// not wait for it. Where none starts nothing happens.
void open_browser(const std::string& url);

}  // namespace weightmark::cli
